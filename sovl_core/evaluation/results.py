"""What an evaluation found: the figures of each arm, each night and each fact, as plain JSON-able values."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any, Dict, List, Optional, Sequence

from sovl_core.evaluation.questions import Examination, mean


@dataclass
class NightResult:
    """One night of an arm: ``recall`` of the facts told before it, on the morning after; ``recall_at_end`` of them."""

    night: int
    told: int
    status: str
    reason: str
    steps: int
    seconds: float
    morning: List[Optional[float]]
    recall_at_end: Optional[float] = None
    metrics: Dict[str, Any] = field(default_factory=dict)

    @property
    def recall(self) -> Optional[float]:
        """Mean recall of the night's facts on the morning after."""
        return mean(value for value in self.morning if value is not None)

    def values(self) -> Dict[str, Any]:
        """Return it as JSON-able values."""
        names = ("night", "told", "status", "reason", "steps", "seconds", "recall", "recall_at_end", "metrics")
        return {name: json_safe(getattr(self, name)) for name in names}


@dataclass
class ArmResult:
    """One arm. Where something does not apply (a base has no nights to forget over) it is None.

    ``seconds`` is what learning took: the arm's nights, without the questions. ``coinciding`` are the questions that
    a trained dream happens to ask in the same words. ``notes`` say what a reader of the figures must know.
    """

    examination: Examination
    recall_before: Optional[float]
    kl: float
    perplexity_ratio: float
    bit_exact_off_topic: float
    backward_transfer: Optional[float] = None
    seconds: float = 0.0
    trainable_parameters: int = 0
    nights: Sequence[NightResult] = ()
    coinciding: Sequence[str] = ()
    notes: Sequence[str] = ()

    def values(self) -> Dict[str, Any]:
        """Return it as JSON-able values; a number that is none, or infinite, is None."""
        figures = {
            "recall_before": self.recall_before,
            "recall": self.examination.recall,
            "reverse_recall": self.examination.reverse_recall,
            "false_recall": self.examination.false_recall,
            "kl": self.kl,
            "perplexity_ratio": self.perplexity_ratio,
            "bit_exact_off_topic": self.bit_exact_off_topic,
            "backward_transfer": self.backward_transfer,
            "seconds": self.seconds,
            "trainable_parameters": self.trainable_parameters,
        }
        return {
            **{name: json_safe(value) for name, value in figures.items()},
            "nights": [night.values() for night in self.nights],
            "coinciding_questions": len(self.coinciding),
            "coinciding": list(self.coinciding),
            "notes": list(self.notes),
            "per_fact": _per_fact(self.examination),
            "never_told": [answered.values() for answered in self.examination.never_told],
        }


@dataclass
class EvaluationResult:
    """All arms, in the order of reports; ``about`` says what they were measured with."""

    facts: int
    questions: int
    arms: Dict[str, ArmResult]
    about: Dict[str, Any] = field(default_factory=dict)

    def values(self) -> Dict[str, Any]:
        """Return it as JSON-able values."""
        arms = {name: arm.values() for name, arm in self.arms.items()}
        return {"facts": self.facts, "arms": arms, "about": json_safe(self.about)}


def backward_transfer(nights: Sequence[NightResult], at_end: Sequence[Optional[float]]) -> Optional[float]:
    """Return the mean over facts of recall at the end minus recall on the morning after they were told.

    :param at_end: recall of each fact at the end, in the order told; None where a fact is not asked about.
    """
    mornings = [value for night in nights for value in night.morning]
    return mean(end - morning for end, morning in zip(at_end, mornings) if end is not None and morning is not None)


def json_safe(value: Any) -> Any:
    """Return a value with all numbers that JSON cannot hold (NaN, infinite) as None."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {str(key): json_safe(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [json_safe(item) for item in value]
    return value


def _per_fact(examination: Examination) -> List[Dict[str, Any]]:
    return [
        {
            "tell": result.fact.tell,
            "ask": [answered.values() for answered in result.forward],
            "reverse": [answered.values() for answered in result.reverse],
        }
        for result in examination.facts
    ]
