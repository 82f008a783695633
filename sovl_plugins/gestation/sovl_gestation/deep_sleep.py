"""Deep sleep: a night that learns everything anew, from the dreams that earlier nights have left.

Nights build on one another, and what one of them has learned can never be taken out again. A deep night starts from
untrained weights, so that what was forgotten, superseded or learned badly is not in it.
"""

from __future__ import annotations

import random
from dataclasses import replace
from typing import TYPE_CHECKING, List, Optional, Sequence

from sovl_core.constants import KEPT_KINDS
from sovl_core.events import Dream, Night, NightReport

if TYPE_CHECKING:
    from sovl_core.journal import Journal
    from sovl_core.plugin import PluginContext
    from sovl_core.records import Episode
    from sovl_gestation.settings import GestationSettings

#: Background dreams of earlier nights that are dreamed again at most.
BACKGROUND_AGAIN = 1024
#: Trigger of nights that were trained on a file by day, of which the journal knows nothing.
BY_DAY = "train"


def dreams_again(journal: Journal, memories: Sequence[Episode], rng: random.Random) -> List[Dream]:
    """Return dreams of earlier nights that still hold, as new ones: those of these memories, and background.

    Of each memory those of the last night that dreamed of it. What was never told is not among them: some of it may
    have been told since. They are mixed: whoever remembers only so many of them has some of every memory.
    """
    found = [dream for dream in reversed(journal.accepted_dreams(limit=None)) if dream.night is not None]
    numbers = {memory.id for memory in memories}
    about = [d for d in found if d.kind not in KEPT_KINDS and d.parents and numbers.issuperset(d.parents)]
    last = {d.parents[0]: d.night for d in about if not d.held_out}
    chosen = [d for d in about if last.get(d.parents[0]) == d.night]
    again = [replace(dream, id=None, night=None) for dream in chosen + _background(found)]
    rng.shuffle(again)
    return again


def _background(found: Sequence[Dream]) -> List[Dream]:
    """Return the newest background dreams, and of those to judge by the last night's, as many as any night has."""
    background = [dream for dream in found if dream.kind == "background"]
    judged = [dream for dream in background if dream.held_out]
    trained = [dream for dream in background if not dream.held_out]
    return [dream for dream in judged if dream.night == judged[-1].night] + trained[-BACKGROUND_AGAIN:]


def without_dreams(memories: Sequence[Episode], dreams: Sequence[Dream]) -> List[Episode]:
    """Return the memories that no dream was made of."""
    dreamed_of = {parent for dream in dreams for parent in dream.parents}
    return [memory for memory in memories if memory.id not in dreamed_of]


def known_before(night: Night, dreams: Sequence[Dream]) -> List[Dream]:
    """Return held-out dreams of what earlier nights have learned: a deep night must not cost it."""
    learned = {memory.id for memory in night.memories if memory.night is not None}
    return [d for d in dreams if d.held_out and d.kind not in KEPT_KINDS and learned.issuperset(d.parents)]


def nothing_left(night: Night, journal: Journal) -> Optional[NightReport]:
    """Return the report of a deep night that learns nothing because what was to be learned is forgotten, else None.

    Untrained weights are then what is wanted.
    """
    if not night.deep or not journal.still_learned():
        return None
    return NightReport("accepted", "nothing is left to learn: it is as it was before its first night")


def deep_due(context: PluginContext, settings: GestationSettings) -> bool:
    """Return True when the next night is to be a deep one because so many others were accepted since the last.

    Never while a night is interrupted, which is to be gone on with; nor while weights were trained on a file by day:
    that is not in the journal, and would be lost without anybody having asked for it.
    """
    journal = context.journal
    if not settings.deep_every or journal.accepted_since_deep() < settings.deep_every:
        return False
    return journal.running_night() is None and not journal.built_on_by(BY_DAY)


def deep_sleep_row(context: PluginContext, settings: GestationSettings) -> str:
    """Tell when the next night is a deep one."""
    if context.journal.still_learned():
        return "with the next night: something was forgotten that still shows"
    if not settings.deep_every:
        return "on request"
    if deep_due(context, settings):
        return "with the next night it has by itself"
    if context.journal.built_on_by(BY_DAY):
        return "on request: it would lose what was trained by day"
    left = max(1, settings.deep_every - context.journal.accepted_since_deep())
    return f"after {left} more night{'' if left == 1 else 's'}"
