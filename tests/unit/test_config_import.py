from __future__ import annotations

from typing import Any, Dict, List

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field

from sovl_core.classic_settings import classic_settings
from sovl_core.config_import import (
    ABSENT,
    CHANGED,
    REFUSED,
    REPLACED,
    SAME,
    UNKNOWN,
    ImportedSetting,
    changes_of,
    import_settings,
)
from sovl_core.plugin import PluginSettings
from sovl_core.plugin_records import PluginInfo
from sovl_core.settings import SystemConfig
from sovl_core.system_config import set_config_value

pytestmark = pytest.mark.no_torch

SCALARS = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=4))
JSON = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=3))


class DreamSettings(PluginSettings):
    swing: float = Field(default=0.1, ge=0, le=1)


def installed(name: str, enabled: bool = True, model: Any = None) -> PluginInfo:
    return PluginInfo(name, f"sovl-{name}", "1.0", [], enabled, "", settings_model=model)


DREAM = installed("dream", model=DreamSettings)


def carry_over(file: Dict[str, Any], *plugins: PluginInfo, config: Any = None) -> List[ImportedSetting]:
    return import_settings(config or SystemConfig(), file, plugins)


def test_a_setting_is_taken_under_todays_name() -> None:
    config = SystemConfig()
    (record,) = carry_over({"controls_config.base_temperature": 0.9}, config=config)
    assert record == ImportedSetting(
        "controls_config.base_temperature", 0.9, CHANGED, "generation.temperature", 0.9, ""
    )
    assert config.generation.temperature == 0.7  # nothing is changed by looking
    assert changes_of([record]) == {"generation.temperature": 0.9}


def test_what_agrees_already_changes_nothing() -> None:
    records = carry_over({"core_config.random_seed": 42, "controls_config.dream_swing_var": 0.1}, DREAM)
    assert [record.outcome for record in records] == [SAME, SAME]
    assert changes_of(records) == {}


def test_a_plugins_setting_is_checked_by_its_own_range() -> None:
    records = carry_over({"controls_config.dream_swing_var": 0.2, "controls_config.enable_dreaming": False}, DREAM)
    assert changes_of(records) == {"plugins.dream.swing": 0.2, "plugins.dream.enabled": False}
    (refused,) = carry_over({"controls_config.dream_swing_var": 2}, DREAM)
    assert (refused.outcome, refused.why) == (REFUSED, "plugins.dream.swing = 2: must be a number, 0 to 1")


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("controls_config.base_temperature", 3, "generation.temperature = 3: must be a number, 0 to 2"),
        ("lora_config.lora_rank", "many", "lora.rank = 'many': must be a whole number, 1 to 1024"),
        ("training_config.lifecycle_curve", "linear", "must be one of classic, sigmoid_linear, exponential"),
        ("core_config.base_model_name", "", "core.base_model"),
        ("controls_config.enable_repetition_check", [1], "generation.repetition_check"),
    ],
)
def test_what_is_out_of_range_is_named_and_not_taken(key: str, value: Any, said: str) -> None:
    records = carry_over({key: value, "core_config.random_seed": 7})
    assert records[0].outcome == REFUSED
    assert said in records[0].why
    assert changes_of(records) == {"core.seed": 7}


def test_what_has_no_counterpart_tells_what_replaces_it() -> None:
    (record,) = carry_over({"controls_config.save_path_prefix": "state"})
    assert (record.outcome, record.new) == (REPLACED, "")
    assert "--life" in record.why


def test_what_says_nothing_in_this_file_is_left_out() -> None:
    records = carry_over({"core_config.base_model_name": None, "core_config.layer_selection_mode": "late"})
    assert [(record.outcome, record.why) for record in records] == [
        (REPLACED, "it says nothing"),
        (REPLACED, "use_dynamic_layers is off: cross_attn_layers decide"),
    ]


def test_an_unknown_key_is_answered_with_the_nearest() -> None:
    records = carry_over({"core_config.random_sed": 1, "hardware.zzz": 2})
    assert [(record.outcome, record.why) for record in records] == [
        (UNKNOWN, "did you mean core_config.random_seed?"),
        (UNKNOWN, "no setting is like it"),
    ]


def test_settings_of_a_plugin_that_is_not_there_are_not_taken_unchecked() -> None:
    file = {"controls_config.dream_swing_var": 0.2, "controls_config.enable_dreaming": False}
    missing = carry_over(file)
    assert [record.outcome for record in missing] == [ABSENT, ABSENT]
    assert 'not installed: `pip install "sovl[dream]"`' in missing[0].why
    off = carry_over(file, installed("dream", enabled=False))
    assert [record.outcome for record in off] == [ABSENT, CHANGED]
    assert "plugins.dream.enabled true" in off[0].why


def test_two_settings_that_make_one_change_it_once() -> None:
    class MemorySettings(PluginSettings):
        scaffold_memory: str = "both"

    file = {"controls_config.use_scaffold_memory": True, "controls_config.use_token_map_memory": False}
    records = carry_over(file, installed("memory", model=MemorySettings))
    assert [record.outcome for record in records] == [CHANGED, SAME]
    assert changes_of(records) == {"plugins.memory.scaffold_memory": "scaffold"}


@given(st.dictionaries(st.sampled_from(sorted(classic_settings())) | st.text(max_size=5), JSON, max_size=5))
def test_any_values_are_taken_or_named_and_what_is_taken_can_be_set(file: Dict[str, Any]) -> None:
    records = carry_over(file, DREAM)
    assert [record.old for record in records] == list(file)
    config = SystemConfig()
    for key, value in changes_of(records).items():
        set_config_value(config, key, value, {"dream": DreamSettings})
    assert all(record.outcome in (CHANGED, SAME) or record.why for record in records)
