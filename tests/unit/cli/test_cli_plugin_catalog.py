from __future__ import annotations

from types import SimpleNamespace
from typing import Any, List

import click
import pytest
from pydantic import Field

from sovl_core.cli.plugin_catalog import complete_plugin, complete_setting, plugin_manager, settings_models
from sovl_core.error_handling import ConfigError
from sovl_core.plugin import PluginSettings
from sovl_core.plugin_records import PluginInfo

pytestmark = pytest.mark.no_torch


class DreamSettings(PluginSettings):
    noise: float = Field(default=0.05, description="How wild.")


INFOS = [
    PluginInfo("dream", "d", "1", [], True, "", settings_model=DreamSettings),
    PluginInfo("muse", "m", "1", [], False, "off"),
]


def _complete(app: Any, complete: Any, incomplete: str) -> List[str]:
    context = click.Context(click.Command("x"), obj=app)
    return [item.value for item in complete(context, click.Argument(["name"]), incomplete)]


def test_an_open_life_has_its_own_manager(app: Any) -> None:
    assert plugin_manager(app) is app.system().plugins or app.opened is not None
    assert plugin_manager(app) is app.opened.plugins


def test_otherwise_the_chosen_plugins_are_loaded_and_not_started(app: Any, mocker: Any) -> None:
    manager = mocker.patch("sovl_core.plugin_manager.PluginManager").return_value
    app.options.plugins = ["dream"]
    assert plugin_manager(app) is manager
    selection, tables = manager.load.call_args.args
    assert selection.only == ["dream"]
    assert tables == {}
    manager.start.assert_not_called()


def test_settings_models_by_name() -> None:
    assert settings_models(SimpleNamespace(infos=lambda: INFOS)) == {"dream": DreamSettings}  # type: ignore[arg-type]


def test_completion_knows_plugins_and_settings(app: Any) -> None:
    app.system().infos.extend(INFOS)
    assert _complete(app, complete_plugin, "") == ["dream", "muse"]
    assert _complete(app, complete_plugin, "m") == ["muse"]
    assert _complete(app, complete_setting, "plugins.dream.n") == ["plugins.dream.noise"]
    assert "core.seed" in _complete(app, complete_setting, "core")


def test_completion_without_a_context_proposes_nothing() -> None:
    assert _complete(None, complete_plugin, "") == []
    assert _complete(None, complete_setting, "") == []


def test_wrong_settings_of_a_plugin_do_not_hide_the_others(app: Any, mocker: Any) -> None:
    manager = mocker.patch("sovl_core.plugin_manager.PluginManager").return_value
    manager.load.side_effect = ConfigError("plugins.dream.noise: too wild", "Mend it")
    assert plugin_manager(app) is manager
    assert "plugins.dream.noise: too wild. Mend it" in app.stderr.getvalue()
