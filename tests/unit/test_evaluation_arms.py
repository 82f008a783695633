from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from sovl_core.error_handling import BadInput
from sovl_core.evaluation.arms import (
    ARMS,
    LEARNING,
    choose_arms,
    context_prompt,
    early_stopper,
    recipe,
    require_sleeper,
)
from sovl_core.evaluation.facts import Fact
from sovl_core.evaluation.lora_plugin import BaseLora
from sovl_core.evaluation.plain_dreams import PlainDreams
from sovl_core.hookspecs import hookimpl
from sovl_core.plugin import Plugin, PluginSettings

pytestmark = pytest.mark.no_torch


def test_arms_come_in_the_order_of_reports_each_once() -> None:
    assert choose_arms([" sovl", "base", "sovl"]) == ["base", "sovl"]
    assert choose_arms(ARMS) == list(ARMS)


def test_unknown_arms_are_refused_with_the_nearest() -> None:
    with pytest.raises(BadInput, match=r"no arm 'lara'. Did you mean lora\?"):
        choose_arms(["lara"])
    with pytest.raises(BadInput, match="No arm was named"):
        choose_arms([" "])


def test_the_sovl_arm_is_the_life_as_configured() -> None:
    assert recipe("sovl", 100, False, "sleeper").settings == {}
    assert list(recipe("sovl", 100, False, "sleeper").plugins) == []


def test_arms_that_follow_train_every_step() -> None:
    assert LEARNING[0] == "sovl"
    made = recipe("sovl-no-dreams", 100, True, "sleeper")
    assert made.settings == {"plugins.sleeper.known_probability": 1.0}
    assert [type(plugin) for plugin in made.plugins] == [PlainDreams]
    assert recipe("sovl-no-dreams", 100, True, None).settings == {}


def test_the_lora_arm_has_no_scaffold_and_as_many_parameters() -> None:
    made = recipe("lora", 100, False, "sleeper")
    assert made.settings == {"core.scaffold_model": "none"}
    (plugin,) = made.plugins
    assert isinstance(plugin, BaseLora)
    assert plugin.parameters == 100
    assert recipe("lora", 0, False, None).plugins[0].parameters is None  # type: ignore[attr-defined]


class Early(PluginSettings):
    known_probability: float = 0.5


class Sleeper(Plugin):
    name = "sleeper"
    provides = ("night.training",)

    @hookimpl
    def on_stop(self) -> None:
        """Be a plugin."""


class EarlySleeper(Sleeper):
    settings_model = Early


def test_the_plugin_that_may_end_a_night_early_is_found_by_what_it_provides(manager: Any) -> None:
    assert early_stopper(SimpleNamespace(plugins=manager(EarlySleeper()))) == "sleeper"  # type: ignore[arg-type]
    assert early_stopper(SimpleNamespace(plugins=manager(Sleeper()))) is None  # type: ignore[arg-type]
    assert early_stopper(SimpleNamespace(plugins=manager())) is None  # type: ignore[arg-type]


class Wakeful(Plugin):
    name = "wakeful"

    @hookimpl
    def on_sleep(self, night: Any) -> Any:
        """Take part in nights."""


def test_a_life_that_cannot_sleep_is_refused(manager: Any) -> None:
    require_sleeper(SimpleNamespace(plugins=manager(Wakeful())))  # type: ignore[arg-type]
    with pytest.raises(BadInput, match="--arms base,context"):
        require_sleeper(SimpleNamespace(plugins=manager(Sleeper())))  # type: ignore[arg-type]


def test_everything_told_stands_before_the_question() -> None:
    history, prompt = context_prompt([Fact("My dog is Rex."), Fact("I live in Oslo.")])("Where do I live?")
    assert list(history) == []
    assert prompt.endswith("- My dog is Rex.\n- I live in Oslo.\n\nWhere do I live?")
