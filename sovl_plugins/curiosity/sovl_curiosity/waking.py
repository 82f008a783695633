"""Waking up at the first start of a life: a few words out of nothing, then a question to whoever is there.

What is said here is shown and forgotten: only the question is entered into the journal, so that it can be answered.
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from sovl_core.events import Turn, Utterance
from sovl_curiosity.asking import write_first_question

if TYPE_CHECKING:
    from sovl_core.plugin import PluginContext
    from sovl_curiosity.queue import QuestionQueue

#: Sampling temperature of the first words.
WAKING_TEMPERATURE = 1.7


class Waking:
    """The first words of a life, then its first question, one at a call.

    :param context: of the plugin.
    :param queue: asked for a question first: another plugin may have put one there.
    """

    def __init__(self, context: PluginContext, queue: QuestionQueue) -> None:
        self._context = context
        self._queue = queue
        self._babbled = False
        self._awake = False

    @property
    def due(self) -> bool:
        """True while nothing was ever said to this life, asked by it, or learned."""
        if not self._awake:
            journal = self._context.journal
            asked = any(journal.count_questions(status) for status in ("asked", "answered"))
            self._awake = bool(asked or journal.count_episodes() or journal.nights(limit=1))
        return not self._awake

    def speak(self, source: str) -> Utterance:
        """Return what is said next; the models must be loaded.

        :param source: who says it.
        """
        if not self._babbled:
            self._babbled = True
            words = self._babble()
            if words:
                return Utterance(words, question=False, source=source)
        self._awake = True
        return Utterance(self._first_question(), question=True, source=source)

    def _babble(self) -> str:
        context = self._context
        # The plugin's own generator begins alike in every life: first words should differ.
        fresh = random.Random(f"{context.clock()}")
        turn = Turn(
            "",
            max_new_tokens=context.settings.wake_tokens,
            temperature=WAKING_TEMPERATURE,
            seed=fresh.getrandbits(31),
            purpose="dream",
        )
        return " ".join(context.generate(turn).text.split())

    def _first_question(self) -> str:
        queued = self._queue.take()
        if queued is not None:
            return queued.text
        context = self._context
        return write_first_question(context.generate, context.settings, context.vitals.temperament, context.rng)
