"""What an arm changes where nothing was told: divergence from the base, bit-exactness, perplexity of other text."""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Callable, Dict, List, Sequence, Tuple

from sovl_core.answer_states import answer_states, full_states
from sovl_core.chat_format import answer_frame
from sovl_core.data_processing import Example
from sovl_core.drift import measure_drift, validation_step
from sovl_core.events import Reply, StepResult, TrainStep, Turn
from sovl_core.model_layers import max_positions

if TYPE_CHECKING:
    from torch import Tensor

    from sovl_core.models import Models
    from sovl_core.plugin_manager import PluginManager
    from sovl_core.records import Message

    Answer = Callable[[Turn], Reply]
    Passage = Tuple[str, str]
    #: From what a user says to what is put to the model: earlier messages, and the prompt itself.
    Prompted = Callable[[str], Tuple[Sequence[Message], str]]

#: Tokens of a reply over which drift is measured, at most.
DRIFT_TOKENS = 32
#: Tokens of an example where the model names no limit.
LONGEST = 1 << 16


class LogitsWatch:
    """Answers turns and keeps a digest of all logits each reply was made from.

    Replies of the bare base are given once and remembered: they are the same whatever was learned.

    :param models: the base whose LM head is watched.
    :param answer: answers a turn through all plugins, without a journal entry.
    :param bare: replies of the bare base so far with their digests, by prompt and length; shared between arms.
    """

    def __init__(self, models: Models, answer: Answer, bare: Dict[Tuple[str, int], Tuple[Reply, str]]) -> None:
        self._models = models
        self._answer = answer
        self._bare = bare
        self._digests: Dict[str, str] = {}

    def __call__(self, turn: Turn) -> Reply:
        """Answer a turn; the same prompt with and without scaffold can be compared by :meth:`exact`."""
        if turn.use_scaffold:
            reply, self._digests[turn.prompt] = self._watched(turn)
            return reply
        key = (turn.prompt, turn.max_new_tokens)
        if key not in self._bare:
            self._bare[key] = self._watched(turn)
        return self._bare[key][0]

    def exact(self, prompt: str, max_new_tokens: int) -> bool:
        """Return True when both replies to a prompt were made from the same logits, bit for bit."""
        return self._digests[prompt] == self._bare[prompt, max_new_tokens][1]

    def _watched(self, turn: Turn) -> Tuple[Reply, str]:
        digest = hashlib.sha256()

        def watch(_module: Any, _inputs: Any, logits: Tensor) -> None:
            # The last position foretells the next token; others were computed only on some versions.
            digest.update(logits[:, -1].detach().float().cpu().numpy().tobytes())

        handle = self._models.base.get_output_embeddings().register_forward_hook(watch)
        try:
            return self._answer(turn), digest.hexdigest()
        finally:
            handle.remove()


@dataclass(frozen=True)
class OffTopic:
    """``kl`` in nats a token, mean over prompts; ``exact`` the share of prompts whose logits are the base's."""

    kl: float
    exact: float


def measure_off_topic(
    models: Models,
    hooks: PluginManager,
    watch: LogitsWatch,
    prompts: Sequence[str],
    system_prompt: str,
    breathe: Callable[[], None],
) -> OffTopic:
    """Compare the greedy replies to unrelated prompts with the bare base's."""
    report = measure_drift(models, hooks, watch, prompts, system_prompt, max_new_tokens=DRIFT_TOKENS, breathe=breathe)
    exact = sum(watch.exact(prompt, DRIFT_TOKENS) for prompt in prompts) / len(prompts)
    return OffTopic(report.kl, exact)


def measure_prompted(
    models: Models,
    answer: Answer,
    prompts: Sequence[str],
    prompted: Prompted,
    system_prompt: str,
    breathe: Callable[[], None],
) -> OffTopic:
    """Compare the bare base's greedy replies with what it makes of them when the prompt is another.

    :param prompted: puts what was told before a prompt.
    """
    import torch

    divergences: List[float] = []
    exact = 0
    for prompt in prompts:
        breathe()
        turn = Turn(prompt, max_new_tokens=DRIFT_TOKENS, purpose="evaluation", use_scaffold=False)
        reply = answer(turn).text
        with models.bypass(), torch.no_grad():
            base = answer_logits(models, Example(prompt, reply), system_prompt)
            now = answer_logits(models, _prompted_example(prompted, prompt, reply), system_prompt)
        exact += torch.equal(base, now)
        if not len(base):
            continue
        before, after = torch.log_softmax(base, -1), torch.log_softmax(now, -1)
        divergences.append(float((before.exp() * (before - after)).sum(-1).mean()))
    return OffTopic(sum(divergences) / len(prompts), exact / len(prompts))


def perplexity_ratio(
    models: Models,
    hooks: PluginManager,
    answer: Answer,
    passages: Sequence[Passage],
    system_prompt: str,
    breathe: Callable[[], None],
) -> float:
    """Return perplexity over the base's on background text, as a life meets it: 1 where nothing changed.

    The first half of each passage is what a user says, the second half is foretold as the reply. A passage whose next
    token is foretold by the base's own logits, bit for bit, was left to the base and counts as such.
    """
    bare: Dict[Tuple[str, int], Tuple[Reply, str]] = {}
    watch = LogitsWatch(models, answer, bare)
    base_total = now_total = 0.0
    tokens = 0
    for said, follows in passages:
        breathe()
        for use_scaffold in (True, False):
            watch(Turn(said, max_new_tokens=1, purpose="evaluation", use_scaffold=use_scaffold))
        example = Example(said, follows)
        with models.bypass():
            base, count = negative_log_likelihood(models, hooks, example, system_prompt)
        left_alone = watch.exact(said, 1)
        now = base if left_alone else negative_log_likelihood(models, hooks, example, system_prompt)[0]
        base_total, now_total, tokens = base_total + base, now_total + now, tokens + count
    return _ratio(now_total - base_total, tokens)


def prompted_perplexity_ratio(
    models: Models,
    passages: Sequence[Passage],
    prompted: Prompted,
    system_prompt: str,
    breathe: Callable[[], None],
) -> float:
    """Return the same ratio for the bare base with another prompt."""
    import torch

    difference, tokens = 0.0, 0
    for said, follows in passages:
        breathe()
        with models.bypass(), torch.no_grad():
            both = (_prompted_example(prompted, said, follows), 1.0), (Example(said, follows), -1.0)
            for example, sign in both:
                total, count = _nll(models, example, system_prompt)
                difference += sign * total
        tokens += count
    return _ratio(difference, tokens)


def negative_log_likelihood(
    models: Models, hooks: PluginManager, example: Example, system_prompt: str
) -> Tuple[float, int]:
    """Return the sum of -log p over an example's answer tokens in nats, plugins taking part, and their number.

    The end of the turn is none of them: a passage is cut where it goes on.
    """
    import torch

    found: List[Tuple[float, int]] = []

    def innermost(step: TrainStep) -> StepResult:
        found.append(_batch_nll(step))
        total, tokens = found[-1]
        return StepResult(loss=total / max(1, tokens), tokens=tokens)

    with torch.no_grad():
        hooks.on_train_step(_step(models, example, system_prompt), innermost)
    if not found:
        return math.inf, 0
    return found[-1]


def answer_logits(models: Models, example: Example, system_prompt: str) -> Tensor:
    """Return the base's logits at an example's answer tokens: float32 [answer tokens, vocabulary]."""
    return models.logits(full_states(models, _step(models, example, system_prompt).batch).hidden)


def _prompted_example(prompted: Prompted, prompt: str, completion: str) -> Example:
    history, text = prompted(prompt)
    return Example(text, completion, history=tuple(history))


def _nll(models: Models, example: Example, system_prompt: str) -> Tuple[float, int]:
    step = _step(models, example, system_prompt)
    return _batch_nll(replace(step, prompt_frozen=False))


def _batch_nll(step: TrainStep) -> Tuple[float, int]:
    import torch

    states = answer_states(step.models, step.batch) if step.prompt_frozen else full_states(step.models, step.batch)
    end = answer_frame(step.models.base_tokenizer).end
    said = len(states.targets)
    if end and states.targets[-len(end) :].tolist() == list(end):
        said -= len(end)
    logits = step.models.logits(states.hidden[:said])
    return float(torch.nn.functional.cross_entropy(logits, states.targets[:said], reduction="sum")), said


def _step(models: Models, example: Example, system_prompt: str) -> TrainStep:
    # All that was told may stand before the prompt: nothing of it is cut that the model has positions for.
    return validation_step(models, example, system_prompt, max_positions(models.base) or LONGEST)


def _ratio(difference: float, tokens: int) -> float:
    return math.exp(min(difference / max(1, tokens), 700.0))
