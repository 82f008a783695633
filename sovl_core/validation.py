"""Measures how well held-back examples are known, without learning from them."""

from __future__ import annotations

import math
import random
from dataclasses import dataclass
from typing import TYPE_CHECKING, Iterable, Optional, Sequence, Union

from sovl_core.answer_states import AnswerStates, PromptCache, answer_states, full_states
from sovl_core.constants import IGNORED_LABEL
from sovl_core.data_processing import Batch, Encoded, Example, collate, make_batches, pad_token_id, tokenize_and_map
from sovl_core.evaluation_mode import evaluating
from sovl_core.events import StepResult, TrainStep

if TYPE_CHECKING:
    from sovl_core.models import Models
    from sovl_core.plugin_manager import PluginManager
    from sovl_core.settings import SystemConfig


@dataclass(frozen=True)
class ValidationReport:
    """Over all answer tokens: mean ``loss`` in nats a token, ``perplexity`` exp(loss), share of tokens foretold.

    ``loss``, ``perplexity`` and ``accuracy`` are NaN when there was no token. ``skipped`` counts the batches that a
    plugin failed in or skipped.
    """

    loss: float
    perplexity: float
    accuracy: float
    tokens: int
    skipped: int = 0


def validate_epoch(
    models: Models,
    batches: Iterable[Union[Batch, Sequence[Encoded]]],
    hooks: PluginManager,
    prompt_cache: Optional[PromptCache] = None,
) -> ValidationReport:
    """Measure every batch once, through ``on_train_step`` with the phase ``validation``.

    The loss is the plain negative log-likelihood of the answers: neither weights of examples nor the loss terms of
    plugins take part, so that it can be compared between runs.

    :param batches: collated, or lists of encoded examples as ``make_batches`` returns them.
    :param prompt_cache: keeps prompts between epochs.
    """
    import torch

    measured = list(batches)
    loss, tokens, correct, skipped = 0.0, 0, 0, 0
    with torch.no_grad(), evaluating(models):
        for index, batch in enumerate(measured):
            if not isinstance(batch, Batch):
                batch = collate(batch, pad_token_id(models.base_tokenizer))
            step = TrainStep(
                batch.to(models.device),
                models,
                index=index,
                total=len(measured),
                phase="validation",
                prompt_cache=prompt_cache,
                rng=random.Random(index),
            )
            result = hooks.on_train_step(step, validation_step)
            if result.skipped is not None:
                skipped += 1
            elif result.tokens:
                loss += result.loss * result.tokens
                tokens += result.tokens
                correct += result.correct
    if not tokens:
        return ValidationReport(math.nan, math.nan, math.nan, 0, skipped)
    mean = loss / tokens
    return ValidationReport(mean, perplexity(mean), correct / tokens, tokens, skipped)


def measure_examples(
    models: Models, examples: Sequence[Example], config: SystemConfig, hooks: PluginManager
) -> ValidationReport:
    """Measure examples as they are trained on: as long, and behind the same system prompt.

    :param examples: at least one.
    """
    length, system_prompt = config.training.max_seq_length, config.generation.system_prompt
    encoded = tokenize_and_map(models.base_tokenizer, examples, length, system_prompt)
    return validate_epoch(models, make_batches(encoded, config.training.batch_size), hooks)


def validation_step(step: TrainStep) -> StepResult:
    """Return loss and hits of one batch; the innermost ``on_train_step`` of a validation."""
    from torch.nn.functional import cross_entropy

    if not (step.batch.labels[:, 1:] != IGNORED_LABEL).any():
        return StepResult(tokens=0)
    states = _states(step)
    logits = step.models.logits(states.hidden)  # [answer tokens, vocabulary]
    loss = float(cross_entropy(logits, states.targets))
    if not math.isfinite(loss):
        return StepResult.skip("the loss is not finite")
    correct = int((logits.argmax(-1) == states.targets).sum())
    return StepResult(loss=loss, losses={"answer": loss}, tokens=len(states.targets), correct=correct)


def _states(step: TrainStep) -> AnswerStates:
    # As in training: what is measured must be computed the way it is learned.
    encoded = step.batch.encoded
    if step.prompt_frozen and encoded and all(item.prompt_length > 0 for item in encoded):
        return answer_states(step.models, step.batch, step.prompt_cache)
    return full_states(step.models, step.batch)


def perplexity(loss: float) -> float:
    """Return exp(loss), infinite where that is beyond a float."""
    try:
        return math.exp(loss)
    except OverflowError:
        return math.inf
