"""Lives of the plugins handed in."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any, List

import pytest

from sovl_core.error_handling import ConfigError, LifeLocked, PluginError
from sovl_core.hookspecs import hookimpl
from sovl_core.plugin import Plugin, PluginSettings, PluginState
from sovl_core.testing.clock import FakeClock
from sovl_core.testing.lives import open_life


class Limits(PluginSettings):
    limit: int = 1


class Counter(Plugin):
    name = "counter"
    provides = ("count",)
    settings_model = Limits

    def __init__(self) -> None:
        self.replies = 0

    @hookimpl
    def on_start(self, context: Any) -> None:
        self.context = context

    @hookimpl(wrapper=True)
    def on_generate(self, turn: Any) -> Any:
        reply = yield
        self.replies += 1
        return reply

    @hookimpl
    def on_save_state(self, state: PluginState) -> None:
        state.values["replies"] = self.replies

    @hookimpl
    def on_load_state(self, state: PluginState) -> None:
        self.replies = state.values["replies"]


class Needs(Plugin):
    name = "a_needs"
    requires = ("count",)


class Raising(Plugin):
    name = "raising"

    @hookimpl
    def on_start(self, context: Any) -> None:
        raise RuntimeError("no")


@pytest.mark.no_torch
def test_only_what_is_handed_in_is_there(tmp_path: Path) -> None:
    counter = Counter()
    with open_life(tmp_path / "life", counter, reply="Hello.") as life:
        assert [info.name for info in life.plugins.infos()] == ["counter"]
        assert life.generate("Hi").text == "Hello."
        assert counter.replies == 1


@pytest.mark.no_torch
def test_it_goes_on_in_the_same_folder(tmp_path: Path) -> None:
    open_life(tmp_path / "life", Counter, reply="Hello.").close()
    with open_life(tmp_path / "life", Counter, reply="Hello.") as life:
        life.generate("Hi")
    counter = Counter()
    with open_life(tmp_path / "life", counter, reply="Hello.") as life:
        assert counter.replies == 1
        assert [episode.prompt for episode in life.journal.episodes()] == ["Hi"]


@pytest.mark.no_torch
def test_plugins_may_be_given_in_any_order(tmp_path: Path) -> None:
    with open_life(tmp_path / "life", Needs, Counter, reply="") as life:
        assert [info.name for info in life.plugins.infos() if info.enabled] == ["counter", "a_needs"]


@pytest.mark.no_torch
def test_a_requirement_that_nobody_meets_is_refused_and_the_folder_let_go(tmp_path: Path) -> None:
    with pytest.raises(PluginError, match="requires 'count'"):
        open_life(tmp_path / "life", Needs, reply="")
    open_life(tmp_path / "life", reply="").close()


@pytest.mark.no_torch
def test_settings_reach_the_plugin_and_wrong_ones_are_named(tmp_path: Path) -> None:
    with open_life(tmp_path / "a", Counter, reply="", settings={"plugins.counter.limit": 3}) as life:
        assert life.plugins.settings("counter").limit == 3
    with pytest.raises(ConfigError, match=r"plugins\.counter\.limt.*Did you mean plugins\.counter\.limit"):
        open_life(tmp_path / "b", Counter, reply="", settings={"plugins.counter.limt": 3})


@pytest.mark.no_torch
def test_a_plugin_that_the_settings_switch_off_is_left_out(tmp_path: Path) -> None:
    with open_life(tmp_path / "life", Counter, reply="", settings={"plugins.counter.enabled": False}) as life:
        assert life.plugins.infos() == []


@pytest.mark.no_torch
def test_what_a_plugin_raises_comes_out_unless_it_is_to_be_survived(tmp_path: Path) -> None:
    with pytest.raises(PluginError, match="'raising'"):
        open_life(tmp_path / "a", Raising, reply="")
    with open_life(tmp_path / "b", Raising, reply="", strict=False) as life:
        assert [failure.plugin for failure in life.plugins.failures] == ["raising"]


@pytest.mark.no_torch
def test_an_installed_plugin_may_be_named(tmp_path: Path) -> None:
    with open_life(tmp_path / "a", "play", reply="") as life:
        assert [(info.name, info.distribution) for info in life.plugins.infos()] == [("play", "sovl-play")]
    with pytest.raises(PluginError, match="no plugin named 'plya' is installed"):
        open_life(tmp_path / "b", "plya", reply="")


@pytest.mark.no_torch
def test_there_must_be_somebody_to_answer(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="model"):
        open_life(tmp_path / "life", Counter)


@pytest.mark.no_torch
def test_clock_and_reader_are_as_in_any_life(tmp_path: Path) -> None:
    clock = FakeClock(1000.0)
    with open_life(tmp_path / "life", reply="Yes.", clock=clock) as life:
        assert life.tell("I live in Graz.").created == 1000.0
        with pytest.raises(LifeLocked):
            open_life(tmp_path / "life", reply="")
        with open_life(tmp_path / "life", reply="No.", read_only=True) as reader:
            assert reader.generate("Do I?").text == "No."
        assert life.journal.count_episodes() == 1


@pytest.mark.no_torch
def test_replies_by_script_need_no_torch(tmp_path: Path) -> None:
    code = (
        "import sys, pathlib; from sovl_core.testing import open_life\n"
        "with open_life(pathlib.Path(sys.argv[1]), reply='Yes.') as life: life.generate('Hm?'); life.status()\n"
        "print(*sorted({'torch', 'transformers', 'numpy'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "life")], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == ""


def test_a_tiny_model_answers_and_is_shown_before_plugins_attach(tmp_path: Path, sovl_tiny_model: Any) -> None:
    seen: List[Any] = []
    with open_life(tmp_path / "life", Counter, model=sovl_tiny_model(), model_loaded=seen.append) as life:
        assert not life.models_loaded
        reply = life.generate("Hi")
        assert reply.token_probabilities
        assert seen == [life.models()]
