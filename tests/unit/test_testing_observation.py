"""What is seen of a plugin in lives of its own."""

from __future__ import annotations

import random
from typing import Any, Generator

import pytest

from sovl_core.events import Reply
from sovl_core.hookspecs import hookimpl
from sovl_core.plugin import Plugin, PluginState
from sovl_core.testing.observation import observe
from sovl_core.testing.workbench import Workbench


class Counting(Plugin):
    name = "counting"

    def __init__(self) -> None:
        self.replies = 0

    @hookimpl(wrapper=True)
    def on_generate(self, turn: Any) -> Generator[None, Any, Reply]:
        self.replies += 1
        return (yield)

    @hookimpl
    def on_save_state(self, state: PluginState) -> None:
        import torch

        state.values["replies"] = self.replies
        state.tensors["replies"] = torch.tensor(self.replies)

    @hookimpl
    def on_load_state(self, state: PluginState) -> None:
        self.replies = state.values["replies"]


class Unstorable(Counting):
    name = "unstorable"

    @hookimpl
    def on_save_state(self, state: PluginState) -> None:
        state.tensors["chance"] = random.Random()  # type: ignore[assignment]


class Raising(Counting):
    name = "raising"

    @hookimpl
    def on_feedback(self, feedback: Any) -> None:
        raise KeyError(feedback.kind)


class Clinging(Counting):
    """Stays in the model, and in what is said."""

    name = "clinging"

    @hookimpl
    def on_models_loaded(self, models: Any) -> None:
        models.base.lm_head.register_forward_hook(lambda module, inputs, logits: -logits)


@pytest.fixture
def bench(sovl_workbench: Any) -> Workbench:
    return sovl_workbench("llama")


def test_state_is_stored_and_taken_up_by_another(bench: Workbench) -> None:
    seen = observe(Counting, bench)
    assert (seen.failures, seen.state_problem, seen.left_in_models, seen.left_behind) == ([], "", [], [])
    assert seen.off == seen.bare
    assert seen.state.values == seen.restored.values == {"replies": 2}
    assert seen.restored.tensors["replies"].item() == 2


def test_what_is_done_in_its_life_is_up_to_the_caller(bench: Workbench) -> None:
    seen = observe(Counting, bench, live=lambda life: [life.generate("Hi") for _ in range(3)])
    assert seen.state.values == {"replies": 3}


def test_state_that_no_file_takes_is_named(bench: Workbench) -> None:
    seen = observe(Unstorable, bench)
    assert seen.state_problem.startswith("The state of plugin unstorable cannot be stored")
    assert seen.restored is None


def test_what_it_raises_is_named(bench: Workbench) -> None:
    seen = observe(Raising, bench)
    assert "'raising'" in seen.failures[0]
    assert "failed in on_feedback: KeyError: 'rating'" in seen.failures[0]


def test_what_it_does_not_take_back_is_seen_in_the_model_and_in_what_is_said(bench: Workbench) -> None:
    seen = observe(Clinging, bench)
    assert "its module lm_head has hooks: 1, and had 0" in seen.left_in_models
    assert seen.off != seen.bare
