"""What an evaluation found: the figures of each arm, each night and each fact, as plain JSON-able values."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Any, Dict, List, Optional, Sequence

from sovl_core.evaluation.questions import Examination, mean

#: Figures of an arm, as they are named in JSON; the nights come besides.
FIGURES = (
    "recall_before",
    "recall",
    "reverse_recall",
    "false_recall",
    "kl",
    "perplexity_ratio",
    "bit_exact_off_topic",
    "backward_transfer",
    "seconds",
    "trainable_parameters",
)


@dataclass
class NightResult:
    """One night of an arm: ``recall`` of the facts told before it, on the morning after; ``recall_at_end`` of them.

    ``morning`` holds what is recalled of each of these facts, None where one is not asked about; ``recall_of_nights``
    what is recalled on the same morning of each night's facts, this one's last.
    """

    night: int
    told: int
    status: str
    reason: str
    steps: int
    seconds: float
    morning: List[Optional[float]] = field(default_factory=list)
    recall_at_end: Optional[float] = None
    recall_of_nights: List[Optional[float]] = field(default_factory=list)
    metrics: Dict[str, Any] = field(default_factory=dict)

    @property
    def recall(self) -> Optional[float]:
        """Mean recall of the night's facts on the morning after."""
        return mean(value for value in self.morning if value is not None)

    def values(self) -> Dict[str, Any]:
        """Return it as JSON-able values."""
        names = ("night", "told", "status", "reason", "steps", "seconds", "recall", "recall_at_end", "recall_of_nights")
        return {name: json_safe(getattr(self, name)) for name in (*names, "metrics")}


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
        of_questions = ("recall", "reverse_recall", "false_recall")
        figures = {name: getattr(self.examination if name in of_questions else self, name) for name in FIGURES}
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
    """Arms in the order of reports; ``about`` says what they were measured with, ``complete`` that none is missing."""

    facts: int
    arms: Dict[str, ArmResult]
    about: Dict[str, Any] = field(default_factory=dict)
    complete: bool = True

    def values(self) -> Dict[str, Any]:
        """Return it as JSON-able values; ``complete`` stands among them where it is False."""
        arms = {name: arm.values() for name, arm in self.arms.items()}
        values = {"facts": self.facts, "arms": arms, "about": json_safe(self.about)}
        return values if self.complete else {**values, "complete": False}


def enter_morning(nights: Sequence[NightResult], recalled: Sequence[Optional[float]]) -> None:
    """Enter into the last night what is recalled on the morning after it.

    :param nights: all nights up to that one.
    :param recalled: what is recalled of each fact told so far, in the order told; None where one is not asked about.
    """
    shares: List[Sequence[Optional[float]]] = []
    start = 0
    for night in nights:
        shares.append(recalled[start : start + night.told])
        start += night.told
    nights[-1].morning = list(shares[-1])
    nights[-1].recall_of_nights = [mean(value for value in share if value is not None) for share in shares]


def enter_end(nights: Sequence[NightResult]) -> None:
    """Enter into each night what is left of its facts on the last morning."""
    for night, left in zip(nights, nights[-1].recall_of_nights):
        night.recall_at_end = left


def backward_transfer(nights: Sequence[NightResult], at_end: Sequence[Optional[float]]) -> Optional[float]:
    """Return the mean over facts of recall at the end minus recall on the morning after they were told.

    :param at_end: recall of each fact at the end, in the order told; None where a fact is not asked about.
    """
    mornings = [value for night in nights for value in night.morning]
    return mean(end - morning for end, morning in zip(at_end, mornings) if end is not None and morning is not None)


def json_safe(value: Any) -> Any:
    """Return a value with all numbers that JSON cannot hold (NaN, infinite) as None, and paths as text."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {str(key): json_safe(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [json_safe(item) for item in value]
    return str(value) if isinstance(value, PurePath) else value


def _per_fact(examination: Examination) -> List[Dict[str, Any]]:
    return [
        {
            "tell": result.fact.tell,
            "ask": [answered.values() for answered in result.forward],
            "reverse": [answered.values() for answered in result.reverse],
        }
        for result in examination.facts
    ]
