"""Options come from the schema, changes are validated, refusals name key and range."""

from __future__ import annotations

import pytest

from sovl_core.error_handling import BadInput
from sovl_feedback import FeedbackSettings
from sovl_feedback.tuning import keep_hint, listing, tune, tuning_options

pytestmark = pytest.mark.no_torch


def test_options_carry_type_bounds_and_help():
    (option,) = tuning_options(FeedbackSettings, ["mood_influence"])
    assert (option.name, option.type, option.minimum, option.maximum) == ("mood-influence", float, 0.0, 1.0)
    assert option.help


@pytest.mark.parametrize("name", ["mood-influence", "mood_influence"])
def test_a_change_is_made_and_told(name):
    settings = FeedbackSettings()
    assert tune("feedback", settings, {name: 0.6, "smoothing": None}) == ["mood_influence: 0.3 -> 0.6"]
    assert settings.mood_influence == 0.6


def test_a_value_out_of_range_is_refused_with_key_and_range():
    settings = FeedbackSettings()
    with pytest.raises(BadInput, match=r"plugins\.feedback\.smoothing cannot be 3.*0 to 1"):
        tune("feedback", settings, {"smoothing": 3})
    assert settings.smoothing == 0.0


def test_listing_and_hint_name_the_keys():
    assert listing(FeedbackSettings(), ["smoothing"])[0].startswith("smoothing = 0.0  (0 to 1)")
    assert "config set plugins.feedback.smoothing 0.2" in keep_hint("feedback", ["smoothing: 0.0 -> 0.2"])


def test_every_setting_has_bounds_and_a_description():
    from sovl_core.settings_info import describe_config

    for info in describe_config(FeedbackSettings):
        assert info.description, info.key
        assert info.allowed, info.key
