from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Dict

import pytest

from sovl_core.classic_file import in_full
from sovl_core.classic_settings import LeftOut, classic_settings
from sovl_core.plugin_manager import PluginManager
from sovl_core.plugin_selection import PluginSelection
from sovl_core.system_config import SystemConfig, known_keys
from sovl_core.system_logging import ThreadSafeLogger

pytestmark = pytest.mark.no_torch

KNOWN = classic_settings()
#: Every setting of the classic program, with its defaults.
FILE = json.loads((Path(__file__).parent / "data" / "classic_config.json").read_text(encoding="utf-8"))
SETTINGS = in_full(FILE, KNOWN)


def converted(key: str, **others: Any) -> Any:
    file: Dict[str, Any] = in_full(others, KNOWN)
    return KNOWN[key].convert(file.get(key), file)


@pytest.fixture(scope="module")
def today() -> Any:
    """Return the keys that can be set where all plugins are installed."""
    manager = PluginManager(ThreadSafeLogger(None))
    manager.load(PluginSelection.from_sources({}, {}, None, ()), {})
    models = {info.name: info.settings_model for info in manager.infos() if info.settings_model is not None}
    if len(models) < 7:
        pytest.skip("not all plugins are installed")
    return set(known_keys(SystemConfig(), models))


def test_the_data_is_a_whole_classic_file() -> None:
    assert len(SETTINGS) == 89
    assert {key.split(".")[0] for key in SETTINGS} == {
        "core_config",
        "lora_config",
        "training_config",
        "controls_config",
    }


@pytest.mark.parametrize("key", sorted(SETTINGS))
def test_every_classic_setting_is_mapped_or_named_with_what_replaces_it(key: str) -> None:
    setting = KNOWN[key]
    assert setting.key == key
    assert setting.new or setting.why


def test_every_setting_that_is_named_exists_today(today: Any) -> None:
    assert sorted({setting.new for setting in KNOWN.values() if setting.new} - today) == []


def test_settings_that_stand_for_others_name_keys_and_commands_that_exist(today: Any) -> None:
    named = [word.strip(",;:()") for setting in KNOWN.values() for word in setting.why.split()]
    keys = [word for word in named if word.split(".")[0] in ("plugins", "core", "lifecycle", "training", "generation")]
    assert len({word for word in keys if "." in word}) > 5
    assert sorted({word for word in keys if "." in word} - today) == []


@pytest.mark.parametrize(
    ("others", "scaffold"),
    [
        ({"base_model_name": "gpt2", "scaffold_model_name": "gpt2"}, "base"),
        ({"base_model_name": "gpt2", "scaffold_model_name": "distilgpt2"}, "distilgpt2"),
        ({"scaffold_model_name": "gpt2"}, "gpt2"),
    ],
)
def test_one_model_for_both_is_loaded_once(others: Any, scaffold: str) -> None:
    assert converted("core_config.scaffold_model_name", **others) == scaffold


@pytest.mark.parametrize(
    ("others", "placement", "layers"),
    [
        ({"use_dynamic_layers": False, "cross_attn_layers": [5, 7], "layer_selection_mode": "late"}, "custom", [5, 7]),
        ({"use_dynamic_layers": True, "cross_attn_layers": [5, 7], "layer_selection_mode": "late"}, "late", None),
        (
            {
                "use_dynamic_layers": True,
                "cross_attn_layers": [5],
                "layer_selection_mode": "custom",
                "custom_layers": [1],
            },
            "custom",
            [1],
        ),
        ({"use_dynamic_layers": False, "layer_selection_mode": "late"}, None, None),
    ],
)
def test_layers_are_fixed_or_chosen_by_their_mode(others: Any, placement: Any, layers: Any) -> None:
    def taken(*names: str) -> Any:
        found = [converted(f"core_config.{name}", **others) for name in names if name in others]
        values = [value for value in found if not isinstance(value, LeftOut)]
        assert len(values) <= 1
        return values[0] if values else None

    assert taken("use_dynamic_layers", "layer_selection_mode") == placement
    assert taken("cross_attn_layers", "custom_layers") == layers


@pytest.mark.parametrize(
    ("scaffold", "token", "mode"),
    [(True, True, "both"), (True, False, "scaffold"), (False, True, "token"), (False, False, "none")],
)
def test_two_memories_make_one_mode(scaffold: bool, token: bool, mode: str) -> None:
    others = {"use_scaffold_memory": scaffold, "use_token_map_memory": token}
    assert converted("controls_config.use_scaffold_memory", **others) == mode
    assert converted("controls_config.use_token_map_memory", **others) == mode


def test_what_is_switched_off_wins() -> None:
    off = {"dynamic_cross_attn_mode": "confidence", "enable_dynamic_cross_attention": False}
    assert converted("controls_config.dynamic_cross_attn_mode", **off) == "off"
    assert converted("controls_config.enable_dynamic_cross_attention", **off) == "off"
    assert converted("controls_config.dynamic_cross_attn_mode", dynamic_cross_attn_mode="confidence") == "confidence"
    assert converted("controls_config.dynamic_cross_attn_mode", dynamic_cross_attn_mode=None) == "off"
    dreams = {"dream_prompt_weight": 0.5, "enable_prompt_driven_dreams": False}
    assert converted("controls_config.dream_prompt_weight", **dreams) == 0.0
    assert converted("controls_config.enable_prompt_driven_dreams", **dreams) == 0.0
    assert isinstance(
        converted("controls_config.enable_prompt_driven_dreams", enable_prompt_driven_dreams=True), LeftOut
    )


@pytest.mark.parametrize(("value", "influence"), [(True, "life_curve"), (False, "full"), ("yes", "yes")])
def test_the_life_curve_weighs_or_not(value: Any, influence: str) -> None:
    assert converted("controls_config.enable_lifecycle_weighting", enable_lifecycle_weighting=value) == influence


def test_curiosity_may_have_a_section_of_its_own() -> None:
    later = KNOWN["curiosity_config.silence_threshold"]
    assert later.new == KNOWN["controls_config.curiosity_silence_threshold"].new == "plugins.curiosity.silence"
    assert KNOWN["curiosity_config.enable_curiosity"].new == "plugins.curiosity.enabled"
