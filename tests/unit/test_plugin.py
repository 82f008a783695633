"""What a plugin is made of: settings that refuse what is wrong, state and records that are nobody else's."""

from __future__ import annotations

import dataclasses

import pytest
from pydantic import Field, ValidationError

from sovl_core.hookspecs import HOOK_API_VERSION
from sovl_core.plugin import Command, CommandOption, Plugin, PluginSettings, PluginState, StatusPanel

pytestmark = pytest.mark.no_torch


class Settings(PluginSettings):
    strength: float = Field(0.5, ge=0, le=1)


def test_unknown_settings_are_refused() -> None:
    with pytest.raises(ValidationError, match="strenght"):
        Settings.model_validate({"strenght": 1})


def test_settings_are_validated_when_they_change() -> None:
    settings = Settings()
    with pytest.raises(ValidationError, match="less than or equal to 1"):
        settings.strength = 2
    assert settings.strength == 0.5
    settings.strength = 1
    assert settings.strength == 1.0


def test_a_plugin_declares_nothing_unless_it_says_so() -> None:
    class Bare(Plugin):
        name = "bare"

    plugin = Bare()
    assert (plugin.provides, plugin.after, plugin.before, plugin.requires) == ((), (), (), ())
    assert plugin.hook_api == HOOK_API_VERSION
    assert plugin.settings_model() == PluginSettings()


def test_the_state_of_one_plugin_is_not_that_of_another() -> None:
    one, other = PluginState(), PluginState()
    one.values["count"] = 1
    one.tensors["weight"] = object()
    assert (other.values, other.tensors) == ({}, {})


@pytest.mark.parametrize(
    ("record", "field"),
    [
        (Command("mood", "Show the mood.", lambda words, options: ""), "name"),
        (CommandOption("strength", float), "minimum"),
        (StatusPanel("Mood", {"now": "calm"}), "title"),
    ],
)
def test_what_a_plugin_hands_over_cannot_be_changed_afterwards(record: object, field: str) -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(record, field, "changed")


def test_a_context_that_on_start_did_not_keep_is_asked_for() -> None:
    class Forgetful(Plugin):
        name = "forgetful"

    with pytest.raises(RuntimeError, match=r"the forgetful plugin has not been started, or its on_start does not keep"):
        _ = Forgetful().context
