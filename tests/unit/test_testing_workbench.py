"""Lives on a bench: a folder each, and what is said without the plugin."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Generator

import pytest

from sovl_core.hookspecs import hookimpl
from sovl_core.plugin import Plugin
from sovl_core.testing.workbench import Workbench, ask


class Hotter(Plugin):
    name = "hotter"

    @hookimpl(wrapper=True)
    def on_generate(self, turn: Any) -> Generator[None, Any, Any]:
        turn.temperature, turn.seed = 2.0, 1
        return (yield)


@pytest.fixture
def bench(tmp_path: Path, sovl_tiny_model: Any) -> Workbench:
    return Workbench(tmp_path, sovl_tiny_model)


def test_lives_are_strangers_and_say_the_same(bench: Workbench) -> None:
    with bench.open() as one, bench.open() as other:
        one.tell("Something.")
        assert one.life.path != other.life.path
        assert ask(one) == ask(other) == bench.bare_reply()
        assert one.journal.count_episodes() == 1


def test_what_is_said_beside_others_is_asked_once(bench: Workbench, mocker: Any) -> None:
    assert bench.bare_reply([Hotter]) != bench.bare_reply()
    opening = mocker.spy(bench, "open")
    bench.bare_reply([Hotter])
    assert opening.call_count == 0


def test_the_model_is_of_the_family(tmp_path: Path, sovl_tiny_model: Any) -> None:
    with Workbench(tmp_path, sovl_tiny_model, "gpt2").open() as life:
        assert life.models().base.config.model_type == "gpt2"
