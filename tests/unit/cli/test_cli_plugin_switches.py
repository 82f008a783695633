from __future__ import annotations

from typing import Any

import pytest

from sovl_core.plugin import Plugin
from sovl_core.plugin_manager import PluginManager
from sovl_core.system_config import load_config

pytestmark = pytest.mark.no_torch


class Precision(Plugin):
    name = "precision"
    provides = ("model.precision",)


class Listener(Plugin):
    name = "listener"
    requires = ("model.precision",)


@pytest.fixture(autouse=True)
def manager(mocker: Any) -> PluginManager:
    made = PluginManager(None, distributions=list)
    made.register(Precision(), "some-precision", "1.0")
    made.register(Listener(), "some-listener", "1.0")
    for module in ("plugin_commands", "plugin_switches", "config_commands"):
        mocker.patch(f"sovl_core.cli.{module}.plugin_manager", return_value=made)
    return made


def _enabled(shell: Any, name: str) -> Any:
    return load_config(shell.folder / "life.toml", {}, {}).plugins[name]["enabled"]


def test_a_plugin_is_switched_off_and_on_in_the_settings(shell: Any) -> None:
    assert shell("plugins", "disable", "listener") == 0
    assert shell.out == "listener is off from now on.\n"
    assert _enabled(shell, "listener") is False
    assert shell("plugins", "enable", "listener") == 0
    assert shell.out == "listener is on from now on.\n"
    assert _enabled(shell, "listener") is True


def test_what_requires_it_is_named(shell: Any) -> None:
    assert shell("plugins", "disable", "precision") == 0
    assert "Off with it, because they require what it provides: listener" in shell.out


@pytest.mark.parametrize(
    ("arguments", "environ", "above"),
    [
        (["enable", "listener", "--no-plugin", "listener"], {}, "--no-plugin"),
        (["enable", "listener", "--plugins", "precision"], {}, "--plugins"),
        (["enable", "listener"], {"SOVL_PLUGINS": "precision"}, "SOVL_PLUGINS"),
        (["disable", "listener"], {"SOVL_PLUGINS": "listener"}, "SOVL_PLUGINS"),
        (["disable", "listener", "--no-plugin", "listener"], {}, ""),
        (["enable", "listener"], {"SOVL_PLUGINS": "listener"}, ""),
    ],
)
def test_what_stands_above_the_settings_is_named(shell: Any, arguments: Any, environ: Any, above: str) -> None:
    shell.environ.update(environ)
    assert shell("plugins", *arguments) == 0
    said = f"But {above} says otherwise, and stands above the settings." if above else ""
    assert shell.out.splitlines()[1:] == [said][: bool(above)]


def test_a_plugin_that_is_off_for_a_reason_of_its_own_is_not_mended_by_that(shell: Any, manager: Any) -> None:
    manager._registry.fail("listener", "on_start", RuntimeError("no ears"))
    assert shell("plugins", "enable", "listener") == 0
    reason = "It is off for another reason, which this does not change: failed in on_start: RuntimeError: no ears"
    assert shell.out.splitlines()[1:] == [reason]


def test_in_a_session_it_holds_from_the_next_start(app: Any) -> None:
    from sovl_core.cli.slash_commands import SlashCommands

    system = app.system()
    SlashCommands(app, {}).run("/plugins disable listener")
    assert app.stdout.getvalue() == "listener is off from the next start (/panic starts afresh).\n"
    assert system.config.plugins["listener"]["enabled"] is False


def test_a_plugin_that_is_not_installed(shell: Any) -> None:
    assert shell("plugins", "disable", "listner") == 2
    assert "Did you mean listener?" in shell.err
    assert not (shell.folder / "life.toml").exists()


def test_the_order_with_its_reasons(shell: Any) -> None:
    assert shell("plugins", "order") == 0
    lines = [line.split() for line in shell.out.splitlines() if line.split()[:1] in (["1"], ["2"])]
    assert [line[:2] for line in lines] == [["1", "precision"], ["2", "listener"]]
    assert "listener is after 'model.precision', which precision provides" in " ".join(shell.out.split())
    assert shell("plugins", "order", "--json") == 0
    assert '"name": "precision"' in shell.out


def test_no_order_without_plugins(shell: Any, mocker: Any) -> None:
    empty = PluginManager(None, distributions=list)
    mocker.patch("sovl_core.cli.plugin_commands.plugin_manager", return_value=empty)
    assert shell("plugins", "order") == 0
    assert shell.out == "No plugin is on. See: sovl plugins list\n"
