"""Options come from the schema, changes are validated, refusals name key and range."""

from __future__ import annotations

import pytest

from sovl_core.error_handling import BadInput
from sovl_curiosity import CuriositySettings
from sovl_curiosity.tuning import keep_hint, listing, tune, tuning_options

pytestmark = pytest.mark.no_torch


def test_options_carry_type_bounds_and_help():
    (option,) = tuning_options(CuriositySettings, ["pressure_drop"])
    assert (option.name, option.type, option.minimum, option.maximum) == ("pressure-drop", float, 0.0, 1.0)
    assert option.help


@pytest.mark.parametrize("name", ["pressure-drop", "pressure_drop"])
def test_a_change_is_made_and_told(name):
    settings = CuriositySettings()
    assert tune("curiosity", settings, {name: 0.6, "top_p": None}) == ["pressure_drop: 0.3 -> 0.6"]
    assert settings.pressure_drop == 0.6


def test_a_value_out_of_range_is_refused_with_key_and_range():
    settings = CuriositySettings()
    with pytest.raises(BadInput, match=r"plugins\.curiosity\.top_p cannot be 3.*0\.01 to 1"):
        tune("curiosity", settings, {"top_p": 3})
    assert settings.top_p == 0.9


def test_listing_and_hint_name_the_keys():
    assert listing(CuriositySettings(), ["top_p"])[0].startswith("top_p = 0.9  (0.01 to 1)")
    assert "config set plugins.curiosity.top_p 0.2" in keep_hint("curiosity", ["top_p: 0.9 -> 0.2"])


def test_every_setting_has_bounds_and_a_description():
    from sovl_core.settings_info import describe_config

    for info in describe_config(CuriositySettings):
        assert info.description, info.key
        assert info.allowed or info.kind == "true or false" or info.key == "thanks", info.key
