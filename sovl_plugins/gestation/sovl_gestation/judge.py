"""The judge: what a night's candidate knows, what it would change elsewhere, and how much of it may be accepted.

Recall is measured as the user would: each question in a fresh conversation, greedy, the relevance gate at work. Drift
is the KL divergence to the base on background not trained on, counted only where the reply really changes.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Callable, Dict, Iterator, List, Optional, Sequence, Tuple

from sovl_core.answer_match import says
from sovl_core.constants import KEPT_KINDS
from sovl_core.drift import DriftReport, measure_drift
from sovl_core.events import Dream, Night, Progress, Turn
from sovl_gestation.settings import GestationSettings

if TYPE_CHECKING:
    from torch import Tensor

    from sovl_core.events import Reply
    from sovl_core.models import Models
    from sovl_core.plugin_manager import PluginManager

ANSWER_TOKENS = 32
BACKGROUND_TOKENS = 16
#: Halvings of the search for the largest reach within budget.
SEARCH_STEPS = 6


@dataclass
class Verdict:
    """What the judge found; ``multiplier`` is the reach at which the night may be accepted, 0 for none."""

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
        self._old: List[Dream] = []
        self._old_before: Optional[float] = None

    def look_back(self, replayed: Sequence[Dream]) -> None:
        """Before training: find out what of earlier nights is still known, which the night must not cost.

        :param replayed: dreams of earlier nights.
        """
        self._old = _one_a_memory(list(replayed))[: self.settings.judged_memories]
        if not self._old:
            return
        with self.night.by_day():
            self._old_before = self.recall(self._old, detail="what it knew before")

    def judge(self, dreams: Sequence[Dream]) -> Verdict:
        """Return the verdict on tonight's candidate.

        :param dreams: of tonight, held-out ones among them.
        """
        tonight = _one_a_memory([d for d in dreams if d.held_out and d.kind not in KEPT_KINDS])
        tonight = tonight[: self.settings.judged_memories]
        background = [d.prompt for d in dreams if d.held_out and d.kind == "background"]
        metrics: Dict[str, Any] = {"base_bit_exact": self._base_is_untouched()}
        reach = 1.0
        full = self.drift(background, reach)
        drift, metrics["drift_full"] = full.kl, full.kl
        if not drift <= self.settings.drift_budget:  # drift that is not a number is over any budget
            reach, drift = self._largest_reach(full, len(background))
        metrics.update(drift=drift, multiplier=reach, judged=len(tonight))
        metrics["recall"] = self.recall(tonight, reach)
        metrics["false_recall"] = self.false_recall(dreams, reach)
        metrics["old_recall_before"] = self._old_before
        metrics["old_recall"] = self.recall(self._old, reach) if self._old else None
        # A share of four says little by itself.
        asked = {"recall": tonight, "false_recall": self._never_told(dreams)}
        asked.update(old_recall_before=self._old, old_recall=self._old)
        metrics["of"] = {share: len(questions) for share, questions in asked.items()}
        return self._verdict(metrics, reach)

    def recall(self, dreams: Sequence[Dream], reach: float = 1.0, detail: str = "what it knows") -> float:
        """Return the share of dreams whose answer occurs in the greedy reply; NaN for none.

        :param detail: what is asked for, in reports of progress.
        """
        replies = self._replies(dreams, reach, detail)
        hits = sum(says(reply, dream.answer) for dream, reply in zip(dreams, replies))
        return hits / len(dreams) if dreams else float("nan")

    def false_recall(self, dreams: Sequence[Dream], reach: float = 1.0) -> Optional[float]:
        """Return the share of held-out questions about what was never told that are answered with what was.

        None where there are no such questions.
        """
        answers = {d.answer for d in dreams if d.answer and d.kind not in KEPT_KINDS}
        asked = self._never_told(dreams)
        replies = self._replies(asked, reach, "what it was never told")
        wrong = sum(any(says(reply, answer) for answer in answers) for reply in replies)
        return wrong / len(asked) if asked else None

    def _never_told(self, dreams: Sequence[Dream]) -> List[Dream]:
        """Return the held-out questions about what was never told that are asked."""
        return [d for d in dreams if d.held_out and d.kind == "contrast"][: self.settings.judged_memories]

    def _replies(self, dreams: Sequence[Dream], reach: float, detail: str) -> Iterator[str]:
        """Yield the greedy reply to each dream's prompt, giving way before each."""
        for index, dream in enumerate(dreams):
            self.night.breathe()
            turn = Turn(dream.prompt, max_new_tokens=ANSWER_TOKENS, purpose="evaluation", reach=reach)
            reply = self.generate(turn).text
            self.night.progress(Progress("judge", index + 1, len(dreams), detail=detail))
            yield reply

    def drift(self, prompts: Sequence[str], reach: float) -> DriftReport:
        """Return the mean KL(base || candidate) in nats a token; 0 for prompts whose reply is the base's, exactly."""
        return measure_drift(
            self.night.models,
            self.hooks,
            self.generate,
            prompts,
            self.system_prompt,
            reach,
            BACKGROUND_TOKENS,
            self.night.breathe,
            lambda count: self.night.progress(Progress("judge", count, len(prompts), detail="what it changes")),
        )

    def _largest_reach(self, full: DriftReport, count: int) -> Tuple[float, float]:
        """Return the largest reach whose drift over ``count`` prompts is within budget, and that drift."""
        low, high, drift = 0.0, 1.0, 0.0
        for _ in range(SEARCH_STEPS):
            middle = (low + high) / 2
            # What the whole reach left to the base, less of it leaves to the base.
            found = self.drift(full.changed, middle).kl * len(full.changed) / count
            if found <= self.settings.drift_budget:
                low, drift = middle, found
            else:
                high = middle
        return low, drift

    def _base_is_untouched(self) -> bool:
        import torch

        return torch.equal(self.base_before, fingerprint(self.night.models))

    def _verdict(self, metrics: Dict[str, Any], reach: float) -> Verdict:
        settings, of = self.settings, metrics["of"]
        over = f"drift {metrics['drift_full']:.3f} is over the budget of {settings.drift_budget}"
        if not metrics["base_bit_exact"]:
            return Verdict("set_aside", "the bare base no longer computes what it did before the night", 0.0, metrics)
        if reach <= 0:
            return Verdict("set_aside", f"{over} at any reach", 0.0, metrics)
        if metrics["recall"] < settings.least_recall:
            known = round(metrics["recall"] * of["recall"])
            reason = f"tonight's memories: {known} of {of['recall']} recalled"
            return Verdict("set_aside", reason, 0.0, metrics)
        before, now = metrics["old_recall_before"], metrics["old_recall"]
        # Shares such as 0.8 and 0.6 differ by a little more than 0.2.
        if before is not None and before - now > settings.forgetting_budget + 1e-9:
            count = of["old_recall"]
            reason = f"older memories: {now * count:.0f} of {count} recalled, {before * count:.0f} before the night"
            return Verdict("set_aside", reason, 0.0, metrics)
        if reach < 1.0:
            return Verdict("partial", f"{over}: reach {reach:.2f}", reach, metrics)
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
