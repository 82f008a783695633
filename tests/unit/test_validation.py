from __future__ import annotations

import math
from typing import Any, List

import pytest

from sovl_core.data_processing import Example, collate, make_batches, pad_token_id, tokenize_and_map
from sovl_core.events import StepResult, TrainStep
from sovl_core.hookspecs import hookimpl
from sovl_core.models import Models
from sovl_core.plugin import Plugin
from sovl_core.settings import SystemConfig
from sovl_core.validation import measure_examples, perplexity, validate_epoch

PAIRS = [("hello there", "general"), ("a", "much longer answer than the others"), ("bye", "b")]


@pytest.fixture
def models(tiny_model: Any, chat_tokenizer: Any) -> Models:
    return Models(tiny_model("llama", vocab_size=len(chat_tokenizer), max_position_embeddings=256), chat_tokenizer)


def encoded(models: Models, weight: float = 1.0) -> List[Any]:
    return tokenize_and_map(models.base_tokenizer, [Example(p, c, weight=weight) for p, c in PAIRS])


def by_hand(models: Models) -> float:
    """Mean negative log-likelihood of the answers, each example alone and unpadded."""
    import torch

    losses: List[float] = []
    for item in encoded(models):
        ids = torch.tensor([item.input_ids])
        with torch.no_grad():
            log_p = torch.log_softmax(models.base(ids).logits[0].float(), -1)
        for position in range(item.prompt_length, len(item)):
            losses.append(-float(log_p[position - 1, item.input_ids[position]]))
    return sum(losses) / len(losses)


@pytest.mark.parametrize("batch_size", [1, 2, 3])
def test_loss_is_the_mean_over_answer_tokens_however_they_are_batched(
    models: Models, manager: Any, batch_size: int
) -> None:
    items = encoded(models)
    report = validate_epoch(models, make_batches(items, batch_size), manager())
    assert report.tokens == sum(len(item) - item.prompt_length for item in items)
    assert report.loss == pytest.approx(by_hand(models), rel=1e-4)
    assert report.perplexity == pytest.approx(math.exp(report.loss))
    assert 0.0 <= report.accuracy <= 1.0
    assert report.skipped == 0


def test_examples_are_measured_as_they_are_trained_on(models: Models, manager: Any) -> None:
    config = SystemConfig()
    examples = [Example(prompt, completion) for prompt, completion in PAIRS]
    assert measure_examples(models, examples, config, manager()).loss == pytest.approx(by_hand(models), rel=1e-4)
    config.generation.system_prompt = "Be brief."
    assert measure_examples(models, examples, config, manager()).loss != pytest.approx(by_hand(models), rel=1e-4)


def test_collated_batches_and_the_whole_sequence_give_the_same(models: Models, manager: Any) -> None:
    batch = collate(encoded(models), pad_token_id(models.base_tokenizer))
    by_answers = validate_epoch(models, [batch], manager())

    class ActsOnPrompts(Plugin):
        name = "acts_on_prompts"

        @hookimpl(wrapper=True)
        def on_train_step(self, step: TrainStep) -> Any:
            step.prompt_frozen = False
            return (yield)

    whole = validate_epoch(models, [batch], manager(ActsOnPrompts()))
    assert whole.loss == pytest.approx(by_answers.loss, rel=1e-4)


def test_weights_and_loss_terms_do_not_count(models: Models, manager: Any) -> None:
    import torch

    class Spoils(Plugin):
        name = "spoils"

        @hookimpl(wrapper=True)
        def on_train_step(self, step: TrainStep) -> Any:
            step.loss_terms["mine"] = lambda step: torch.tensor(100.0)
            assert step.phase == "validation"
            return (yield)

    hooks = manager(Spoils())
    report = validate_epoch(models, make_batches(encoded(models, weight=7.0), 2), hooks)
    assert report.loss == pytest.approx(by_hand(models), rel=1e-4)
    assert hooks.failures == []


def test_nothing_is_learned_and_dropout_is_off(models: Models, manager: Any) -> None:
    import torch

    adapter = torch.nn.Linear(2, 2).train()
    models.register_trainable("adapter", adapter)
    modes: List[bool] = []

    class Watches(Plugin):
        name = "watches"

        @hookimpl(wrapper=True)
        def on_train_step(self, step: TrainStep) -> Any:
            modes.extend([adapter.training, torch.is_grad_enabled()])
            return (yield)

    validate_epoch(models, make_batches(encoded(models), 3), manager(Watches()))
    assert modes == [False, False]
    assert adapter.training
    assert adapter.weight.grad is None


def test_a_skipped_batch_is_counted_and_left_out(models: Models, manager: Any) -> None:
    class SkipsTheFirst(Plugin):
        name = "skips"

        @hookimpl(wrapper=True)
        def on_train_step(self, step: TrainStep) -> Any:
            if step.index == 0:
                return StepResult.skip("not this one")
            return (yield)

    items = encoded(models)
    report = validate_epoch(models, [[items[0]], [items[1]]], manager(SkipsTheFirst()))
    assert report.skipped == 1
    assert report.tokens == len(items[1]) - items[1].prompt_length


def test_without_a_token_there_is_no_loss(models: Models, manager: Any) -> None:
    report = validate_epoch(models, [], manager())
    assert math.isnan(report.loss)
    assert report.tokens == 0


def test_a_loss_that_is_not_finite_skips_the_batch(models: Models, manager: Any) -> None:
    import torch

    with torch.no_grad():
        models.base.get_output_embeddings().weight.fill_(math.nan)
    report = validate_epoch(models, make_batches(encoded(models), 3), manager())
    assert report.skipped == 1


def test_perplexity_beyond_a_float_is_infinite() -> None:
    assert perplexity(0.0) == 1.0
    assert perplexity(1e6) == math.inf
