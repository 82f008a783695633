from __future__ import annotations

import math
from types import SimpleNamespace
from typing import Any, Callable, Dict, List, Tuple

import pytest
import torch

from sovl_core.data_processing import Encoded, Example, tokenize_and_map
from sovl_core.drift import DriftReport, measure_drift
from sovl_core.events import Reply, StepResult, TrainStep, Turn
from sovl_core.models import Models

PROMPTS = ["tea please", "the cat"]


@pytest.fixture
def models(tiny_model: Callable[..., Any], tiny_tokenizer: Callable[..., Any]) -> Models:
    tokenizer = tiny_tokenizer("tea", "please", "the", "cat", "yes", "no")
    return Models(tiny_model("llama", initializer_range=0.3), tokenizer)


class World:
    """Replies made up for each prompt, and divergences for each example that is measured."""

    def __init__(self) -> None:
        self.turns: List[Turn] = []
        self.steps: List[TrainStep] = []
        self.moved: Dict[str, Reply] = {}
        self.result = StepResult(1.0, {"kept": 0.5})

    def generate(self, turn: Turn) -> Reply:
        self.turns.append(turn)
        bare = Reply("yes", token_ids=[8, 2], token_probabilities=[0.5, 0.5])
        return self.moved.get(turn.prompt, bare) if turn.use_scaffold else bare

    def on_train_step(self, step: TrainStep, inner: Any) -> StepResult:
        self.steps.append(step)
        return self.result


@pytest.fixture
def world() -> World:
    return World()


def test_without_prompts_nothing_drifts(models: Models, world: World) -> None:
    assert measure_drift(models, world, world.generate, []) == DriftReport(0.0, 1.0)


def test_what_is_the_same_bit_for_bit_has_no_drift_and_is_not_measured(models: Models, world: World) -> None:
    report = measure_drift(models, world, world.generate, PROMPTS)
    assert (report.kl, report.exact) == (0.0, 1.0)
    assert report.replies == [(prompt, "yes", "yes") for prompt in PROMPTS]
    assert report.changed == []
    assert world.steps == []


@pytest.mark.parametrize(
    "moved",
    [
        Reply("no", token_ids=[9, 2], token_probabilities=[0.5, 0.5]),
        Reply("yes", token_ids=[8, 2], token_probabilities=[0.5, 0.5000001]),
    ],
)
def test_what_changes_counts_for_its_share_of_all_prompts(models: Models, world: World, moved: Reply) -> None:
    world.moved["the cat"] = moved
    report = measure_drift(models, world, world.generate, PROMPTS, reach=0.25)
    assert (report.kl, report.exact) == (0.25, 0.5)
    assert report.replies[1] == ("the cat", "yes", moved.text)
    assert report.changed == ["the cat"]
    (step,) = world.steps
    assert (step.phase, step.reach, step.backward) == ("validation", 0.25, None)
    (example,) = step.batch.examples
    assert (example.prompt, example.completion, example.kind) == ("the cat", "yes", "background")


def test_each_prompt_is_answered_greedily_with_and_without_the_scaffold(models: Models, world: World) -> None:
    breaths: List[int] = []
    told: List[Tuple[int, int]] = []
    measure_drift(
        models,
        world,
        world.generate,
        PROMPTS,
        reach=0.5,
        max_new_tokens=3,
        breathe=lambda: breaths.append(len(world.turns)),
        progress=lambda count: told.append((count, len(world.turns))),
    )
    assert [(turn.prompt, turn.use_scaffold) for turn in world.turns] == [
        (prompt, use_scaffold) for prompt in PROMPTS for use_scaffold in (True, False)
    ]
    for turn in world.turns:
        assert (turn.temperature, turn.max_new_tokens, turn.purpose, turn.reach) == (0.0, 3, "evaluation", 0.5)
    assert breaths == [0, 2]
    assert told == [(0, 0), (1, 2)]


def test_what_cannot_be_computed_is_no_small_drift(models: Models, world: World) -> None:
    world.moved["the cat"] = Reply("no", token_ids=[9])
    world.result = StepResult.skip("the loss is not finite")
    assert measure_drift(models, world, world.generate, PROMPTS).kl == math.inf


def test_a_base_that_says_nothing_has_nothing_to_drift_from(models: Models, world: World, mocker: Any) -> None:
    world.moved["the cat"] = Reply("no", token_ids=[9])
    world.result = StepResult.skip("no example has an answer to learn")
    mocker.patch("sovl_core.drift.tokenize_and_map", return_value=[Encoded([4, 5], 2, Example("the cat", ""))])
    assert measure_drift(models, world, world.generate, ["the cat"]).kl == 0.0


class Pushed:
    """Moves the base's topmost hidden states wherever the scaffold may act; no token sees another's."""

    def __init__(self, models: Models, by: float) -> None:
        def hook(module: Any, args: Any, output: Any) -> Any:
            if not models.scaffold_enabled:
                return output
            push = by * torch.linspace(-1, 1, 32)
            return output + push if isinstance(output, torch.Tensor) else (output[0] + push, *output[1:])

        models.base.base_model.layers[-1].register_forward_hook(hook)


def test_the_divergence_is_that_of_the_bases_own_reply(models: Models, world: World) -> None:
    Pushed(models, 1.0)
    world.moved["the cat"] = Reply("no", token_ids=[9])
    hooks = SimpleNamespace(on_train_step=lambda step, inner: inner(step))
    report = measure_drift(models, hooks, world.generate, ["the cat"])
    (encoded,) = tokenize_and_map(models.base_tokenizer, [Example("the cat", "yes")])
    ids = torch.tensor([encoded.input_ids])
    with torch.no_grad():
        now = torch.log_softmax(models.base(ids).logits[0, encoded.prompt_length - 1 : -1], -1)
        with models.bypass():
            base = torch.log_softmax(models.base(ids).logits[0, encoded.prompt_length - 1 : -1], -1)
    expected = float((base.exp() * (base - now)).sum(-1).mean())
    assert expected > 0
    assert report.kl == pytest.approx(expected, rel=1e-3)
    assert report.exact == 0.0
