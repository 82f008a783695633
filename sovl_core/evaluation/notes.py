"""What must be known to compare the arms of an evaluation: how far each had the same numbers, steps and dreams."""

from __future__ import annotations

from dataclasses import dataclass
from typing import List, Optional, Sequence

from sovl_core.evaluation.arms import LORA, NO_DREAMS, SOVL
from sovl_core.evaluation.lora_ranks import NEAR
from sovl_core.evaluation.results import NightResult


@dataclass(frozen=True)
class Leader:
    """The arm that learned first, which the others follow: numbers that learned after its last night, its nights."""

    arm: str
    parameters: int
    nights: Sequence[NightResult]


def notes_on(arm: str, parameters: int, nights: Sequence[NightResult], leader: Optional[Leader]) -> List[str]:
    """Return what a reader of an arm's figures must know.

    :param parameters: numbers that learned in this arm.
    :param leader: None for the arm that the others follow.
    """
    notes: List[str] = []
    if arm == LORA:
        notes += _size(parameters, leader)
        notes.append("every night is kept whatever the judge says; his verdict is in its metrics")
    if arm == NO_DREAMS:
        notes.append("each told sentence is learned as it was said; background dreams are those of the other arms")
    if leader is not None:
        notes += _apart(nights, leader)
    idle = set(_not_learned(nights))
    notes += [f"nothing was learned in night {n.night}: {n.reason or n.status}" for n in nights if n.night in idle]
    return notes


def _size(parameters: int, leader: Optional[Leader]) -> List[str]:
    if leader is None or leader.arm != SOVL:
        return [f"{SOVL} was not measured beside it: as many numbers learn as in {SOVL} before its first night"]
    if not leader.parameters:
        return []
    ratio = parameters / leader.parameters
    notes = [f"trainable parameters are {ratio:.3f} of those of {SOVL}"]
    if not NEAR[0] <= ratio <= NEAR[1]:
        notes.append("no choice of ranks comes within 10 % of them")
    return notes


def _apart(nights: Sequence[NightResult], leader: Leader) -> List[str]:
    """Return where an arm went another way than the one it follows."""
    notes: List[str] = []
    for night, followed in zip(nights, leader.nights):
        if night.steps != followed.steps:
            notes.append(f"night {night.night} took {night.steps} steps, {followed.steps} in {leader.arm}")
    aside = _not_learned(leader.nights)
    if aside and aside[0] < len(nights):
        # What was set aside is dreamed of once more in the next night; here it has been learned.
        notes.append(f"dreams differ from those of {leader.arm} after its night {aside[0]}")
    return notes


def _not_learned(nights: Sequence[NightResult]) -> List[int]:
    return [night.night for night in nights if night.status not in ("accepted", "partial")]
