"""Drift: how far the scaffold moves the base on prompts that have nothing to do with what was learned."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Callable, List, Sequence, Tuple

from sovl_core.constants import IGNORED_LABEL, MAX_SEQ_LENGTH
from sovl_core.data_processing import Example, collate, pad_token_id, tokenize_and_map
from sovl_core.events import TrainStep, Turn
from sovl_core.optimization_step import train_step

if TYPE_CHECKING:
    from sovl_core.events import Reply
    from sovl_core.models import Models
    from sovl_core.plugin_manager import PluginManager


@dataclass(frozen=True)
class DriftReport:
    """``kl`` is the mean KL(base || now) in nats a token over all prompts, ``exact`` the share whose reply is the
    base's, bit for bit; ``replies`` holds (prompt, the base's reply, the reply now);
    ``changed`` the prompts whose reply is not the base's.
    """

    kl: float
    exact: float
    replies: List[Tuple[str, str, str]] = field(default_factory=list)
    changed: List[str] = field(default_factory=list)


def measure_drift(
    models: Models,
    hooks: PluginManager,
    generate: Callable[[Turn], Reply],
    prompts: Sequence[str],
    system_prompt: str = "",
    reach: float = 1.0,
    max_new_tokens: int = 16,
    breathe: Callable[[], None] = lambda: None,
    progress: Callable[[int], None] = lambda count: None,
) -> DriftReport:
    """Answer each prompt greedily with and without the scaffold and compare.

    The divergence is taken at the tokens of the base's own reply; it is exactly 0 where the scaffold was left out or
    changed nothing, and infinite where it cannot be computed.

    :param generate: answers a turn through all plugins, without a journal entry.
    :param reach: of the scaffold, see ``Turn``.
    :param progress: told before each prompt how many are done.
    """
    replies: List[Tuple[str, str, str]] = []
    changed: List[Example] = []
    for index, prompt in enumerate(prompts):
        breathe()
        progress(index)
        now, base = (
            generate(
                Turn(
                    prompt,
                    max_new_tokens=max_new_tokens,
                    purpose="evaluation",
                    reach=reach,
                    use_scaffold=use_scaffold,
                )
            )
            for use_scaffold in (True, False)
        )
        replies.append((prompt, base.text, now.text))
        if now.token_ids != base.token_ids or now.token_probabilities != base.token_probabilities:
            changed.append(Example(prompt, base.text, "background"))
    if not prompts:
        return DriftReport(0.0, 1.0)
    total = sum(_divergence(models, hooks, example, system_prompt, reach) for example in changed)
    return DriftReport(total / len(prompts), 1.0 - len(changed) / len(prompts), replies, [e.prompt for e in changed])


def validation_step(
    models: Models, example: Example, system_prompt: str, max_length: int = MAX_SEQ_LENGTH
) -> TrainStep:
    """Return a step over one example in which nothing is learned."""
    encoded = tokenize_and_map(models.base_tokenizer, [example], max_length, system_prompt)
    batch = collate(encoded, pad_token_id(models.base_tokenizer)).to(models.device)
    return TrainStep(batch, models, phase="validation")


def _divergence(models: Models, hooks: PluginManager, example: Example, system_prompt: str, reach: float) -> float:
    import torch

    step = validation_step(models, example, system_prompt)
    step.reach = reach
    if not (step.batch.labels[:, 1:] != IGNORED_LABEL).any():
        return 0.0
    with torch.no_grad():
        result = hooks.on_train_step(step, train_step)
    # A candidate whose divergence cannot be computed must not pass for one that changes nothing.
    return result.losses.get("kept", float("inf"))
