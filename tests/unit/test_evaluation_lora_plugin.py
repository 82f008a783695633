from __future__ import annotations

import math
from types import SimpleNamespace
from typing import Any, Callable, List

import pytest
import torch
from peft.tuners.lora import LoraLayer

from sovl_core.data_processing import Example, collate, tokenize_and_map
from sovl_core.evaluation.lora_plugin import TRAINABLE, BaseLora
from sovl_core.evaluation.lora_ranks import numbers_of_one_rank
from sovl_core.events import NightReport, Reply, StepResult, TrainStep, Turn
from sovl_core.hookspecs import hookimpl
from sovl_core.models import Models
from sovl_core.optimization_step import KNOWN_TOKEN_WEIGHT, train_step
from sovl_core.plugin import Plugin
from sovl_core.settings import SystemConfig

IDS = torch.tensor([[5, 6, 7, 8]])
SCALE = SystemConfig().lora.alpha / SystemConfig().lora.rank


@pytest.fixture
def attached(tiny_model: Any, chat_tokenizer: Any, manager: Any) -> Callable[..., Any]:
    """Return ``attach(parameters)``: (models, hooks, plugin, logits of the base before)."""

    def attach(parameters: Any = None, *others: Plugin) -> Any:
        models = Models(tiny_model(vocab_size=len(chat_tokenizer), max_position_embeddings=256), chat_tokenizer)
        with torch.no_grad():
            before = models.base(input_ids=IDS).logits
        plugin = BaseLora(parameters)
        hooks = manager(*others, plugin, strict=True)
        hooks.start(lambda plugin, settings: SimpleNamespace(config=SystemConfig()))
        hooks.on_models_loaded(models)
        return models, hooks, plugin, before

    return attach


def _shift(models: Models) -> None:
    """Let the adapters say something: they start as the identity."""
    torch.manual_seed(1)
    with torch.no_grad():
        for name, parameter in models.trainables[TRAINABLE].parameters().items():
            if "lora_B" in name:
                parameter.normal_(std=0.5)


def _logits(models: Models) -> torch.Tensor:
    with torch.no_grad():
        logits: torch.Tensor = models.base(input_ids=IDS).logits
    return logits


def _said(models: Models, hooks: Any, **fields: Any) -> torch.Tensor:
    """Return the logits that a turn is made from."""
    found: List[torch.Tensor] = []

    def innermost(turn: Turn) -> Reply:
        if not turn.use_scaffold:
            with models.bypass():
                found.append(_logits(models))
        else:
            found.append(_logits(models))
        return Reply("")

    hooks.on_generate(Turn("hello", **fields), innermost)
    return found[0]


def test_as_many_numbers_learn_as_are_wanted(attached: Any) -> None:
    models, _, plugin, _ = attached(20_000)
    assert len(set(plugin.ranks.values())) == 1
    assert models.trainable_parameters() == pytest.approx(20_000, rel=0.1)


def test_ranks_that_differ_are_those_of_the_adapters_and_weigh_alike(attached: Any) -> None:
    each = sum(numbers_of_one_rank(attached(5000)[0]).values())
    for wanted in (each // 3, 3 * each // 2):
        models, _, plugin, _ = attached(wanted)
        assert models.trainable_parameters() == pytest.approx(wanted, rel=0.1)
        wrapped = {path: module for path, module in models.base.named_modules() if isinstance(module, LoraLayer)}
        assert {path: module.r["default"] for path, module in wrapped.items()} == plugin.ranks
        assert {module.scaling["default"] for module in wrapped.values()} == {SCALE}


def test_without_a_number_the_rank_is_that_of_the_settings(attached: Any) -> None:
    assert set(attached()[2].ranks.values()) == {SystemConfig().lora.rank}


def test_the_start_is_the_identity_and_the_same_for_a_seed(attached: Any) -> None:
    models, hooks, _, before = attached(5000)
    assert torch.equal(_said(models, hooks), before)
    again = attached(5000)[0].snapshot()[TRAINABLE]
    assert all(torch.equal(tensor, again[name]) for name, tensor in models.snapshot()[TRAINABLE].items())


def test_adapters_take_part_in_replies_and_nowhere_else(attached: Any) -> None:
    models, hooks, _, before = attached(5000)
    _shift(models)
    assert not torch.allclose(_said(models, hooks), before)
    assert torch.equal(_logits(models), before)
    assert torch.equal(_said(models, hooks, use_scaffold=False), before)
    # What learns stays in the registry though the adapters are off now.
    assert len(models.snapshot()[TRAINABLE]) == len(models.trainables[TRAINABLE].parameters()) > 0


def test_influence_scales_what_they_say(attached: Any) -> None:
    models, hooks, _, before = attached(5000)
    _shift(models)
    full = _said(models, hooks) - before
    little = _said(models, hooks, influence=0.01) - before
    assert 0 < float(little.norm()) < 0.1 * float(full.norm())
    assert torch.equal(_said(models, hooks, influence=0.0), before)
    assert torch.equal(_said(models, hooks) - before, full)


def test_reach_that_is_cut_weakens_them_like_influence(attached: Any) -> None:
    models, hooks, _, _ = attached(5000)
    _shift(models)
    turn = Turn("hello")
    turn.reach = 0.01
    found: List[torch.Tensor] = []
    hooks.on_generate(turn, lambda turn: found.append(_logits(models)) or Reply(""))
    assert torch.equal(found[0], _said(models, hooks, influence=0.01))


def _step(models: Models, *examples: Example) -> TrainStep:
    batch = collate(tokenize_and_map(models.base_tokenizer, list(examples)), 0)
    return TrainStep(batch, models, phase="night", backward=lambda loss: loss.backward())


def test_a_step_trains_the_adapters_with_the_prompt_seen_through_them(attached: Any) -> None:
    models, hooks, _, _ = attached(5000)
    _shift(models)
    step = _step(models, Example("hello there", "my friend"))
    result = hooks.on_train_step(step, train_step)
    assert not step.prompt_frozen
    parameters = models.trainables[TRAINABLE].parameters()
    assert all(p.grad is not None for p in parameters.values())
    assert all(p.grad is None for p in models.base.parameters() if not p.requires_grad)
    assert result.skipped is None
    assert result.losses["answer"] == pytest.approx(_loss_with_adapters(models, step), rel=1e-4)


def _loss_with_adapters(models: Models, step: TrainStep) -> float:
    """Return the answer loss of a plain pass over everything, all adapters on."""
    from peft.tuners.tuners_utils import BaseTunerLayer

    with torch.no_grad():
        models.base.base_model._forward_pre_hooks.clear()
        for module in models.base.modules():
            if isinstance(module, BaseTunerLayer):
                module.enable_adapters(True)
        logits = models.base(input_ids=step.batch.input_ids).logits[0, :-1]
        labels = step.batch.labels[0, 1:]
        nll = torch.nn.functional.cross_entropy(logits, labels, ignore_index=-100, reduction="none")[labels != -100]
    known = torch.where(nll < math.log(2), KNOWN_TOKEN_WEIGHT, 1.0)
    return float((nll * known).mean())


def test_background_is_compared_with_the_bare_base(attached: Any) -> None:
    models, hooks, _, _ = attached(5000)
    background = Example("hello there", "my friend", "background")
    assert hooks.on_train_step(_step(models, background), train_step).losses["kept"] == pytest.approx(0.0, abs=1e-6)
    _shift(models)
    assert hooks.on_train_step(_step(models, background), train_step).losses["kept"] > 1e-3


class Sleeper(Plugin):
    name = "sleeper"

    def __init__(self, report: Any) -> None:
        self.report = report

    @hookimpl
    def on_sleep(self, night: Any) -> Any:
        return self.report


def test_a_night_is_kept_whatever_the_judge_says(manager: Any) -> None:
    hooks = manager(Sleeper(NightReport("set_aside", "too much drift", multiplier=0.0, steps=5)), BaseLora())
    report = hooks.on_sleep(SimpleNamespace())
    assert (report.status, report.multiplier) == ("accepted", 1.0)
    assert report.metrics["judge"] == {"status": "set_aside", "reason": "too much drift", "multiplier": 0.0}


def test_a_night_without_training_stays_one(manager: Any) -> None:
    report = manager(Sleeper(NightReport("nothing")), BaseLora()).on_sleep(SimpleNamespace())
    assert (report.status, report.metrics) == ("nothing", {})


def test_taken_off_again_the_base_is_bare(attached: Any) -> None:
    models, hooks, _, before = attached(5000)
    _shift(models)
    hooks.on_models_unloaded(models)
    assert models.trainables == {}
    assert torch.equal(_logits(models), before)
    assert torch.equal(_said(models, hooks), before)


def test_a_failing_step_leaves_the_adapters_off(attached: Any) -> None:
    models, hooks, _, before = attached(5000)
    _shift(models)

    def failing(step: TrainStep) -> StepResult:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        hooks.on_train_step(_step(models, Example("hello", "friend")), failing)
    assert torch.equal(_logits(models), before)
