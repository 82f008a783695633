"""A plugin's settings: full keys in messages, nearest right keys, changes in place."""

from __future__ import annotations

from typing import Any, Dict, Optional

import pytest
from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from sovl_core.error_handling import ConfigError, PluginError
from sovl_core.plugin import PluginSettings
from sovl_core.plugin_settings import change_setting, is_live, make_settings, with_value

pytestmark = pytest.mark.no_torch


class Decay(BaseModel):
    model_config = ConfigDict(extra="forbid")

    rate: float = Field(default=0.95, ge=0, le=1)
    frozen: int = Field(default=1, json_schema_extra={"live": False})


class DreamSettings(PluginSettings):
    noise: float = Field(default=0.05, ge=0, le=0.1)
    kinds: int = Field(default=3, json_schema_extra={"live": False})
    decay: Decay = Field(default_factory=Decay)
    fallback: Optional[Decay] = None
    weights: Dict[str, float] = Field(default_factory=dict)
    pinned: Decay = Field(default_factory=Decay, json_schema_extra={"live": False})


def refusal(table: Dict[str, Any], model: Any = DreamSettings) -> str:
    with pytest.raises(ConfigError) as caught:
        make_settings("dream", model, table)
    return str(caught.value)


def test_values_are_taken_over_and_enabled_is_the_kernels() -> None:
    settings = make_settings("dream", DreamSettings, {"enabled": True, "noise": 0.1, "decay": {"rate": 0.5}})
    assert (settings.noise, settings.kinds, settings.decay.rate) == (0.1, 3, 0.5)


def test_an_unknown_key_is_refused_with_full_path_and_nearest_key() -> None:
    assert refusal({"nosie": 0.1}) == (
        "plugins.dream.nosie: there is no such setting. Did you mean plugins.dream.noise?"
    )


def test_an_unknown_nested_key_is_refused_with_full_path_and_nearest_key() -> None:
    assert refusal({"decay": {"rat": 0.1}}) == (
        "plugins.dream.decay.rat: there is no such setting. Did you mean plugins.dream.decay.rate?"
    )


def test_an_unknown_key_that_resembles_none_gets_no_guess() -> None:
    assert refusal({"zzz": 1}) == "plugins.dream.zzz: there is no such setting."
    assert refusal({"fallback": {"rat": 1}}) == "plugins.dream.fallback.rat: there is no such setting."


def test_a_value_out_of_range_is_refused_with_its_key_and_the_range() -> None:
    assert refusal({"noise": 3.0}) == ("plugins.dream.noise = 3.0: Input should be less than or equal to 0.1")


def test_all_wrong_keys_come_at_once() -> None:
    message = refusal({"nosie": 1, "noise": "loud"})
    assert "plugins.dream.nosie: " in message
    assert "plugins.dream.noise = 'loud': Input should be a valid number" in message


def test_a_missing_key_is_named() -> None:
    class Needs(PluginSettings):
        path: str

    assert refusal({}, Needs) == "plugins.dream.path: this setting has no default and must be given"


def test_what_a_models_own_check_says_is_put_under_the_plugins_key() -> None:
    class Paired(PluginSettings):
        low: int = 0
        high: int = 1

        @model_validator(mode="after")
        def _ordered(self) -> Any:
            if self.low > self.high:
                raise ValueError("low must not be above high")
            return self

    assert refusal({"low": 5}, Paired) == "plugins.dream: Value error, low must not be above high"


def test_a_model_that_breaks_is_the_plugins_fault() -> None:
    class Broken(PluginSettings):
        noise: float = 0.0

        @field_validator("noise")
        @classmethod
        def _check(cls, value: float) -> float:
            raise RuntimeError("oops")

    with pytest.raises(PluginError, match="its settings model raised RuntimeError: oops"):
        make_settings("dream", Broken, {"noise": 1.0})


def test_a_setting_changes_in_place() -> None:
    settings = make_settings("dream", DreamSettings, {})
    assert change_setting("dream", settings, {}, "noise", 0.07) is True
    assert settings.noise == 0.07


def test_text_is_parsed_to_the_fields_type() -> None:
    settings = make_settings("dream", DreamSettings, {})
    change_setting("dream", settings, {}, "noise", "0.02")
    assert settings.noise == 0.02


def test_a_nested_setting_changes_in_place() -> None:
    settings = make_settings("dream", DreamSettings, {})
    held = settings.decay
    assert change_setting("dream", settings, {}, "decay.rate", 0.5) is True
    assert held.rate == 0.5


def test_a_setting_that_is_not_live_keeps_its_value() -> None:
    settings = make_settings("dream", DreamSettings, {})
    assert change_setting("dream", settings, {}, "kinds", 5) is False
    assert change_setting("dream", settings, {}, "decay.frozen", 5) is False
    assert change_setting("dream", settings, {}, "pinned.rate", 0.5) is False
    assert (settings.kinds, settings.decay.frozen, settings.pinned.rate) == (3, 1, 0.95)


def test_switching_a_plugin_on_or_off_takes_effect_at_the_next_start() -> None:
    settings = make_settings("dream", DreamSettings, {})
    assert change_setting("dream", settings, {}, "enabled", False) is False


def test_an_entry_of_a_dictionary_changes_the_dictionary() -> None:
    settings = make_settings("dream", DreamSettings, {"weights": {"a": 1}})
    assert change_setting("dream", settings, {"weights": {"a": 1}}, "weights.b", "2") is True
    assert settings.weights == {"a": 1.0, "b": 2.0}


def test_a_nested_table_that_was_not_there_comes_into_being() -> None:
    settings = make_settings("dream", DreamSettings, {})
    assert change_setting("dream", settings, {}, "fallback.rate", 0.5) is True
    assert settings.fallback == Decay(rate=0.5)


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("noise", 2, r"plugins\.dream\.noise = 2: "),
        ("nosie", 2, r"plugins\.dream\.nosie: there is no such setting\. Did you mean plugins\.dream\.noise"),
        ("noise.x", 2, r"plugins\.dream\.noise = \{'x': 2\}"),
    ],
)
def test_a_change_that_does_not_fit_changes_nothing(key: str, value: Any, message: str) -> None:
    settings = make_settings("dream", DreamSettings, {"noise": 0.03})
    with pytest.raises(ConfigError, match=message):
        change_setting("dream", settings, {"noise": 0.03}, key, value)
    assert settings == DreamSettings(noise=0.03)


def test_a_table_is_copied_with_one_value_replaced() -> None:
    table = {"noise": 1, "decay": {"rate": 0.5, "frozen": 2}}
    assert with_value(table, ["decay", "rate"], 0.9) == {"noise": 1, "decay": {"rate": 0.9, "frozen": 2}}
    assert with_value({}, ["decay", "rate"], 0.9) == {"decay": {"rate": 0.9}}
    assert table == {"noise": 1, "decay": {"rate": 0.5, "frozen": 2}}


def test_fields_are_live_unless_they_say_otherwise() -> None:
    assert is_live(DreamSettings, "noise")
    assert not is_live(DreamSettings, "kinds")
