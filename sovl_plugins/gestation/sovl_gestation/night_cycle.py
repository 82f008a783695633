"""One night from end to end: dream, train a candidate, judge it."""

from __future__ import annotations

import random
import time
from typing import TYPE_CHECKING, List

from sovl_core.constants import KEPT_KINDS
from sovl_core.events import Dream, DreamRequest, Night, NightReport, Progress
from sovl_core.system_logging import log_info
from sovl_gestation.deep_sleep import dreams_again, known_before, nothing_left, without_dreams
from sovl_gestation.replay import choose_replay
from sovl_gestation.settings import GestationSettings

if TYPE_CHECKING:
    from sovl_core.plugin import PluginContext
    from sovl_core.records import Episode

#: Capability of plugins that turn memories into dreams.
DREAM_WRITER = "night.dreams"


def gestate(night: Night, context: PluginContext, settings: GestationSettings) -> NightReport:
    """Live through a night; returns what it proposes.

    Memories that no dream came of (small talk, questions) are marked as nothing to learn from, when they are dreamed
    of: what was said after an interruption was not, and waits for the next night.

    :raises NightInterrupted: when it has to end early.
    """
    started = time.monotonic()
    if not night.memories:
        return nothing_left(night, context.journal) or NightReport("nothing", "nothing new to learn")
    if not night.models.trainables:
        return NightReport("nothing", "nothing here can learn: no plugin that is on brought anything to train")
    # A night that goes on after an interruption has drawn less from ``night.rng`` than before it.
    seed = f"{context.config.core.seed}:{night.number}"
    # Before anything is dreamed: nothing of this night may change what surprises.
    replay = choose_replay(night, context, seed)
    dreams = _dreams(night, context, settings)
    learned_from = [d for d in dreams if d.verdict == "accepted" and not d.held_out and d.kind not in KEPT_KINDS]
    if not learned_from:
        found = {"memories": len(night.memories)}
        nothing = NightReport("nothing", "nothing in the new memories can be learned", metrics=found)
        return nothing_left(night, context.journal) or nothing

    from sovl_gestation.judge import Judge
    from sovl_gestation.night_training import NightTraining

    system_prompt = context.config.generation.system_prompt
    judge = Judge(night, settings, context.hooks, context.generate, system_prompt)
    training = NightTraining(night, dreams, replay.dreams, settings, context.hooks, system_prompt, seed)
    asked = list(dreams)
    if night.deep:
        # Not about the oldest memories alone.
        random.Random(f"{seed}:judge").shuffle(asked)
    log_info(
        context.logger,
        "night_trains",
        night=night.number,
        dreams=len(dreams),
        steps=training.total,
        replay=len(replay.dreams),
    )
    judge.look_back(known_before(night, asked) if night.deep else replay.dreams)
    training.run()
    verdict = judge.judge(asked)
    metrics = {
        **verdict.metrics,
        "memories": len(night.memories),
        "dreams": len(dreams),
        "accepted_dreams": len(learned_from),
        "loss": training.loss,
        "tokens": training.tokens,
        "skipped_steps": training.skipped,
        "trainable_parameters": night.models.trainable_parameters(),
        **replay.metrics(),
    }
    return NightReport(
        verdict.status,
        verdict.reason,
        learned=sorted({parent for dream in learned_from for parent in dream.parents}),
        multiplier=verdict.multiplier,
        metrics=metrics,
        steps=training.step,
        seconds=time.monotonic() - started,
    )


def _dreams(night: Night, context: PluginContext, settings: GestationSettings) -> List[Dream]:
    """Return tonight's dreams in order: those of before the interruption, or new ones, entered into the journal."""
    if night.resumed:
        found = context.journal.dreams(night=night.number, limit=None)
        if found:
            return found[::-1]
    again = dreams_again(context.journal, night.memories, night.rng) if night.deep else []
    memories = without_dreams(night.memories, again)
    night.progress(Progress("dream", 0, len(memories)))
    request = DreamRequest(
        memories=memories,
        known=[dream for dream in again if dream.kind not in KEPT_KINDS],
        per_memory=settings.dreams_per_memory,
        background=max(0, settings.background - sum(dream.kind == "background" for dream in again)),
        rng=night.rng,
        breathe=night.breathe,
        progress=night.progress,
    )
    dreams = context.journal.add_dreams(night.number, again + context.hooks.on_dream(request))
    _settle_small_talk(memories, context, dreams)
    # As the journal has them: a night that goes on after an interruption finds no others.
    return context.journal.dreams(night=night.number, limit=None)[::-1]


def _settle_small_talk(memories: List[Episode], context: PluginContext, dreams: List[Dream]) -> None:
    """Mark memories that no dream came of as nothing to learn from: they must not make a night due for ever.

    Without a plugin that writes dreams nothing is known about them, and they wait for one.
    """
    if not any(info.enabled and DREAM_WRITER in info.provides for info in context.hooks.infos()):
        return
    for memory in without_dreams(memories, dreams):
        context.journal.set_learnable(memory.id, False, "no dream came of it: small talk or a question")
