"""Options come from the schema, changes are validated, refusals name key and range."""

from __future__ import annotations

from typing import Literal

import pytest
from pydantic import Field

from sovl_core.error_handling import BadInput
from sovl_core.live_tuning import keep_hint, listing, tune, tuning_options
from sovl_core.plugin import PluginSettings

pytestmark = pytest.mark.no_torch


class Settings(PluginSettings):
    """Settings of a plugin that exists in this test only."""

    mood_influence: float = Field(0.3, ge=0, le=1, description="How much mood matters.")
    memories: int = Field(3, ge=1, description="How many.")
    aloud: bool = Field(False, description="Whether it is said.")
    mode: Literal["calm", "wild"] = Field("calm", description="How it is said.")


def test_options_carry_type_bounds_and_help() -> None:
    (option,) = tuning_options(Settings, ["mood_influence"])
    assert (option.name, option.type, option.minimum, option.maximum) == ("mood-influence", float, 0.0, 1.0)
    assert option.help == "How much mood matters."


def test_options_are_of_the_settings_types_in_the_order_asked_for() -> None:
    options = tuning_options(Settings, ["mode", "aloud", "memories"])
    assert [option.name for option in options] == ["mode", "aloud", "memories"]
    assert [option.type for option in options] == [str, bool, int]
    assert options[0].choices == ("calm", "wild")


@pytest.mark.parametrize("name", ["mood-influence", "mood_influence"])
def test_a_change_is_made_and_told(name: str) -> None:
    settings = Settings()
    assert tune("own", settings, {name: 0.6, "memories": None, "unknown": 1}) == ["mood_influence: 0.3 -> 0.6"]
    assert (settings.mood_influence, settings.memories) == (0.6, 3)


def test_a_value_out_of_range_is_refused_with_key_and_range() -> None:
    settings = Settings()
    with pytest.raises(BadInput, match=r"plugins\.own\.mood_influence cannot be 3.*0 to 1"):
        tune("own", settings, {"memories": 4, "mood_influence": 3, "aloud": True})
    assert (settings.memories, settings.mood_influence, settings.aloud) == (4, 0.3, False)


def test_listing_and_hint_name_the_keys() -> None:
    assert listing(Settings(), ["mood_influence"]) == ["mood_influence = 0.3  (0 to 1)  How much mood matters."]
    hint = keep_hint("own", ["mood_influence: 0.3 -> 0.2"])
    assert "config set plugins.own.mood_influence 0.2" in hint
    assert "in a shell for this command alone" in hint


def test_yes_and_no_are_written_as_config_set_takes_them() -> None:
    settings = Settings()
    assert listing(settings, ["aloud"]) == ["aloud = false  (true or false)  Whether it is said."]
    changes = tune("own", settings, {"aloud": True})
    assert changes == ["aloud: false -> true"]
    assert keep_hint("own", changes).endswith("config set plugins.own.aloud true")
