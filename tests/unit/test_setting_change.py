from __future__ import annotations

from pathlib import Path
from typing import Any, Dict, List

import pytest
from pydantic import Field

from sovl_core import setting_change
from sovl_core.error_handling import ConfigError
from sovl_core.plugin import Plugin, PluginSettings
from sovl_core.setting_change import change_setting, change_settings
from sovl_core.system_config import load_config

pytestmark = pytest.mark.no_torch


class TunedSettings(PluginSettings):
    noise: float = Field(default=0.05, ge=0, le=1)
    layers: int = Field(default=4, ge=1, json_schema_extra={"live": False})
    weights: List[float] = Field(default_factory=list)
    presets: Dict[str, List[int]] = Field(default_factory=dict)


class Tuned(Plugin):
    name = "tuned"
    settings_model = TunedSettings


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "life.toml"


def test_a_setting_of_the_kernel_holds_at_once_and_is_saved(path: Path, manager: Any) -> None:
    config = load_config(path)
    section = config.generation
    change = change_setting(config, manager(), path, "generation.temperature", "0.3")
    assert (change.value, change.live, section.temperature) == (0.3, True, 0.3)
    assert load_config(path).generation.temperature == 0.3


def test_what_is_read_at_the_start_says_so(path: Path, manager: Any) -> None:
    assert not change_setting(load_config(path), manager(), path, "lora.rank", "8").live


def test_a_plugins_own_settings_object_is_changed(path: Path, manager: Any) -> None:
    hooks, config = manager(Tuned()), load_config(path)
    change = change_setting(config, hooks, path, "plugins.tuned.noise", "0.2")
    assert (change.value, change.live, hooks.settings("tuned").noise) == (0.2, True, 0.2)
    later = change_setting(config, hooks, path, "plugins.tuned.layers", "2")
    assert (later.value, later.live, hooks.settings("tuned").layers) == (2, False, 4)
    assert load_config(path).plugins == {"tuned": {"noise": 0.2, "layers": 2}}


@pytest.mark.parametrize(
    ("name", "typed", "meant"),
    [
        ("weights", "1, 0.5", [1.0, 0.5]),
        ("weights", "[1.0, 0.5]", [1.0, 0.5]),
        ("weights", [1, 0.5], [1.0, 0.5]),
        ("presets", "{low = [1, 2]}", {"low": [1, 2]}),
    ],
)
def test_a_plugins_lists_and_tables_are_taken_as_text_too(
    path: Path, manager: Any, name: str, typed: Any, meant: Any
) -> None:
    hooks, config = manager(Tuned()), load_config(path)
    change = change_setting(config, hooks, path, f"plugins.tuned.{name}", typed)
    assert change.value == getattr(hooks.settings("tuned"), name) == meant
    assert load_config(path).plugins == {"tuned": {name: meant}}


def test_switching_a_plugin_off_takes_effect_at_the_next_start(path: Path, manager: Any) -> None:
    config = load_config(path)
    assert not change_setting(config, manager(Tuned()), path, "plugins.tuned.enabled", "false").live
    assert load_config(path).plugins == {"tuned": {"enabled": False}}


def test_an_absent_plugins_setting_is_kept_for_it(path: Path, manager: Any) -> None:
    change = change_setting(load_config(path), manager(), path, "plugins.absent.noise", 0.5)
    assert (change.value, change.live) == (0.5, False)


@pytest.mark.parametrize(
    ("key", "value"),
    [("plugins.tuned.noise", "7"), ("plugins.tuned.nose", "0.1"), ("generation.temprature", "1")],
)
def test_what_is_refused_changes_nothing(path: Path, manager: Any, key: str, value: str) -> None:
    hooks, config = manager(Tuned()), load_config(path)
    with pytest.raises(ConfigError, match=r"noise|temperature"):
        change_setting(config, hooks, path, key, value)
    assert config == load_config(path)
    assert hooks.settings("tuned") == TunedSettings()
    assert not path.exists()


def test_several_settings_are_saved_in_one_step(path: Path, manager: Any, mocker: Any) -> None:
    config, save = load_config(path), mocker.spy(setting_change, "save_config")
    path.write_text("# mine\n[core]\nseed = 1  # lucky\n")
    changes = change_settings(config, manager(Tuned()), path, {"core.seed": 7, "plugins.tuned.noise": 0.2})
    assert [(change.key, change.value, change.live) for change in changes] == [
        ("core.seed", 7, True),
        ("plugins.tuned.noise", 0.2, True),
    ]
    assert save.call_count == 1
    assert path.read_text().startswith("# mine\n[core]\nseed = 7  # lucky\n")


def test_when_one_of_several_is_refused_none_is_changed(path: Path, manager: Any) -> None:
    config = load_config(path)
    with pytest.raises(ConfigError, match="0 to 1"):
        change_settings(config, manager(Tuned()), path, {"core.seed": 7, "plugins.tuned.noise": 2})
    assert config.core.seed == 42
    assert not path.exists()
