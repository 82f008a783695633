"""The judge: what a night's candidate knows, what it would change elsewhere, and how much of it may be accepted.

Recall is measured as the user would: each question in a fresh conversation, greedy, the relevance gate at work. Drift
is the KL divergence to the base on background not trained on, counted only where the reply really changes.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Callable, Dict, List, Sequence

from sovl_core.drift import measure_drift
from sovl_core.events import Dream, Night, Progress, Turn
from sovl_gestation.night_training import BACKGROUND_KINDS
from sovl_gestation.settings import GestationSettings

if TYPE_CHECKING:
    from torch import Tensor

    from sovl_core.events import Reply
    from sovl_core.models import Models
    from sovl_core.plugin_manager import PluginManager

ANSWER_TOKENS = 32
BACKGROUND_TOKENS = 16
#: Halvings of the search for the largest influence within budget.
SEARCH_STEPS = 4


@dataclass
class Verdict:
    """What the judge found; ``multiplier`` is the share of the night's influence that may be accepted, 0 for none."""

    status: str
    reason: str
    multiplier: float = 1.0
    metrics: Dict[str, Any] = field(default_factory=dict)


class Judge:
    """Judges the candidate that ``night.models`` holds.

    :param generate: answers a turn through all plugins, without a journal entry.
    """

    def __init__(
        self,
        night: Night,
        settings: GestationSettings,
        hooks: PluginManager,
        generate: Callable[[Turn], Reply],
        system_prompt: str,
    ) -> None:
        self.night, self.settings, self.hooks = night, settings, hooks
        self.generate, self.system_prompt = generate, system_prompt
        self.base_before = fingerprint(night.models)

    def judge(self, dreams: Sequence[Dream], replayed: Sequence[Dream]) -> Verdict:
        """Return the verdict on tonight's candidate.

        :param dreams: of tonight, held-out ones among them.
        :param replayed: of earlier nights; a sample of them tells whether old memories are still there.
        """
        tonight = _one_a_memory([d for d in dreams if d.held_out and d.kind not in BACKGROUND_KINDS])
        tonight = tonight[: self.settings.judged_memories]
        old = _one_a_memory(list(replayed))[: self.settings.judged_memories]
        background = [d for d in dreams if d.held_out and d.kind == "background"]
        metrics: Dict[str, Any] = {"base_bit_exact": self._base_is_untouched()}
        multiplier = 1.0
        drift = self.drift(background, multiplier)
        metrics["drift_full"] = drift
        if not drift <= self.settings.drift_budget:  # drift that is not a number is over any budget
            multiplier = self._largest_multiplier(background)
            drift = self.drift(background, multiplier) if multiplier else 0.0
        metrics.update(drift=drift, multiplier=multiplier, judged=len(tonight))
        metrics["recall"] = self.recall(tonight, multiplier)
        metrics["old_recall"] = self.recall(old, multiplier) if old else None
        return self._verdict(metrics, multiplier)

    def recall(self, dreams: Sequence[Dream], multiplier: float = 1.0) -> float:
        """Return the share of dreams whose answer occurs in the greedy reply; NaN for none."""
        hits = 0
        for index, dream in enumerate(dreams):
            self.night.breathe()
            turn = Turn(dream.prompt, max_new_tokens=ANSWER_TOKENS, purpose="evaluation", influence=multiplier)
            hits += dream.answer.lower() in self.generate(turn).text.lower()
            self.night.progress(Progress("judge", index + 1, len(dreams)))
        return hits / len(dreams) if dreams else float("nan")

    def drift(self, background: Sequence[Dream], multiplier: float) -> float:
        """Return the mean KL(base || candidate) in nats a token; 0 for prompts whose reply is the base's, exactly."""
        report = measure_drift(
            self.night.models,
            self.hooks,
            self.generate,
            [dream.prompt for dream in background],
            self.system_prompt,
            multiplier,
            BACKGROUND_TOKENS,
            self.night.breathe,
        )
        return report.kl

    def _largest_multiplier(self, background: Sequence[Dream]) -> float:
        low, high = 0.0, 1.0
        for _ in range(SEARCH_STEPS):
            middle = (low + high) / 2
            if self.drift(background, middle) <= self.settings.drift_budget:
                low = middle
            else:
                high = middle
        return low

    def _base_is_untouched(self) -> bool:
        import torch

        return torch.equal(self.base_before, fingerprint(self.night.models))

    def _verdict(self, metrics: Dict[str, Any], multiplier: float) -> Verdict:
        budget = self.settings.drift_budget
        if not metrics["base_bit_exact"]:
            return Verdict("set_aside", "the bare base no longer computes what it did before the night", 0.0, metrics)
        if multiplier <= 0:
            reason = f"drift {metrics['drift_full']:.3f} is over the budget of {budget} at any influence"
            return Verdict("set_aside", reason, 0.0, metrics)
        if metrics["recall"] < self.settings.least_recall:
            reason = f"only {metrics['recall']:.0%} of tonight's memories are recalled"
            return Verdict("set_aside", reason, 0.0, metrics)
        if multiplier < 1.0:
            reason = f"drift {metrics['drift_full']:.3f} was over the budget of {budget}: influence {multiplier:.2f}"
            return Verdict("partial", reason, multiplier, metrics)
        return Verdict("accepted", "within budget", 1.0, metrics)


def fingerprint(models: Models) -> Tensor:
    """Return the bare base's logits on a fixed text, float [tokens, vocabulary]: equal bits mean an untouched base."""
    import torch

    ids = torch.tensor([models.base_tokenizer.encode("The base never changes.")], device=models.device)
    with torch.no_grad(), models.bypass():
        logits: Tensor = models.base(input_ids=ids).logits[0]
    return logits.clone()


def _one_a_memory(dreams: List[Dream]) -> List[Dream]:
    """Return the first dream of each memory that has an answer to look for."""
    first: Dict[Any, Dream] = {}
    for dream in dreams:
        if dream.answer:
            first.setdefault((tuple(dream.parents), dream.answer), dream)
    return list(first.values())
