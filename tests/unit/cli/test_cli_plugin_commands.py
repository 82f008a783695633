from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any, List

import pytest
from pydantic import Field

from sovl_core.plugin import PluginSettings
from sovl_core.plugin_records import PluginInfo

pytestmark = pytest.mark.no_torch


class DreamSettings(PluginSettings):
    noise: float = Field(default=0.05, ge=0, le=1, description="How wild the dreams are.")


INFOS: List[PluginInfo] = [
    PluginInfo("dream", "sovl-dream", "0.1.0", ["on_dream"], True, "", summary="Dreams.", settings_model=DreamSettings),
    PluginInfo("muse", "some-muse", "2.0", [], False, "importing it raised ImportError: no [b]x[/b]\x1b[2J"),
]


@pytest.fixture
def installed(mocker: Any) -> Any:
    manager = SimpleNamespace(infos=lambda: INFOS, load=lambda selection, tables: None)
    mocker.patch("sovl_core.plugin_manager.PluginManager", return_value=manager)
    return manager


def test_the_list_says_what_is_off_and_why(shell: Any, installed: Any) -> None:
    assert shell("plugins", "list") == 0
    dream, muse = (line for line in shell.out.splitlines() if "dream" in line or "muse" in line)
    assert dream.split()[:4] == ["dream", "yes", "sovl-dream", "0.1.0"]
    assert "off: importing it raised ImportError: no [b]x[/b]" in muse
    assert "\x1b" not in shell.out
    assert shell.system is None


def test_the_list_as_json(shell: Any, installed: Any) -> None:
    assert shell("plugins", "list", "--json") == 0
    listed = json.loads(shell.out)
    assert [(one["name"], one["enabled"], one["hooks"]) for one in listed] == [
        ("dream", True, ["on_dream"]),
        ("muse", False, []),
    ]
    assert set(listed[0]) >= {"name", "distribution", "version", "hooks", "enabled", "reason"}


def test_what_was_chosen_reaches_the_manager(shell: Any, mocker: Any) -> None:
    chosen = []
    manager = SimpleNamespace(infos=lambda: [], load=lambda selection, tables: chosen.append(selection))
    mocker.patch("sovl_core.plugin_manager.PluginManager", return_value=manager)
    shell.environ["SOVL_PLUGINS"] = "memory"
    assert shell("plugins", "--no-plugin", "muse") == 0
    assert shell("plugins", "--plugins", "dream,muse") == 0
    assert [selection.only for selection in chosen] == [["memory"], ["dream", "muse"]]
    assert chosen[0].disabled == {"muse"}
    assert "No plugin is installed" in shell.out


def test_info_tells_about_one(shell: Any, installed: Any) -> None:
    assert shell("plugins", "info", "dream") == 0
    assert "on_dream" in shell.out
    assert "plugins.dream.noise = 0.05   (number; 0 to 1)" in shell.out
    assert shell("plugins", "info", "muse", "--json") == 0
    assert json.loads(shell.out)["reason"].startswith("importing it raised")


def test_info_about_a_plugin_that_is_not_there(shell: Any, installed: Any) -> None:
    assert shell("plugins", "info", "draem") == 2
    assert "Did you mean dream?" in shell.err


def test_settings_of_plugins_are_described_and_set(shell: Any, installed: Any) -> None:
    assert shell("config", "describe", "plugins.dream") == 0
    assert "How wild the dreams are." in shell.out
    assert shell("config", "set", "plugins.dream.noise", "0.5") == 0
    assert shell("config", "get", "plugins.dream.noise") == 0
    assert shell.out == "0.5\n"
    assert shell("config", "set", "plugins.dream.noise", "5") == 2
    assert "0 to 1" in shell.err


def test_settings_of_a_plugin_that_is_off_are_not_known(shell: Any, installed: Any) -> None:
    assert shell("config", "describe", "plugins.muse.volume") == 2
    assert "The plugin 'muse' is off, so its settings are not known: importing it raised ImportError" in shell.err
    assert "sovl plugins info muse" in shell.err
