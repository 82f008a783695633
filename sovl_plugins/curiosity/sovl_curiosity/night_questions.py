"""Questions that dreams and nights leave behind; they wait in the queue, and that of a night is put in the morning.

The classic program tried three questions after each dream and asked one at the end of each gestation.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Callable, Iterable, List, Optional, Sequence

from sovl_curiosity.queue import RECENT

if TYPE_CHECKING:
    from sovl_core.events import Dream, DreamRequest, Night, NightReport
    from sovl_core.plugin import PluginContext
    from sovl_core.records import Episode, Question
    from sovl_curiosity.inquiry import Candidate
    from sovl_curiosity.queue import QuestionQueue

#: Memories that one question is sought about at the end of a night.
SOUGHT = 3


class NightQuestions:
    """Asks about what was dreamed of and what a night has taught.

    :param context: of the plugin.
    :param queue: where questions wait.
    :param find: returns a weighed question about the user's words; takes ``breathe`` and ``once`` as
        ``Inquiry.question_about`` does.
    """

    def __init__(self, context: PluginContext, queue: QuestionQueue, find: Callable[..., Optional[Candidate]]) -> None:
        self._context = context
        self._queue = queue
        self._find = find
        self._morning: Optional[int] = None

    def after_dream(self, request: DreamRequest, dreams: Iterable[Dream]) -> None:
        """Try a few questions about what was dreamed of, one try each; those that are worth it wait.

        :raises NightInterrupted: when the dreaming has to end.
        """
        settings = self._context.settings
        dreamed_of = {parent for dream in dreams for parent in dream.parents}
        memories = self._not_asked_about(memory for memory in request.memories if memory.id in dreamed_of)
        if not self._context.models_loaded():
            return
        for memory in self._context.rng.sample(memories, min(settings.dream_questions, len(memories))):
            candidate = self._find(memory.prompt, breathe=request.breathe, once=True)
            if candidate is not None and candidate.interest.score > settings.response_threshold:
                self._keep(candidate, memory, settings.response_threshold, dreamed=True)

    def after_night(
        self, night: Night, report: NightReport, unclear: Sequence[int], pressure: float, worth_asking: float
    ) -> None:
        """Ask about something that an accepted night left unclear, else about what it taught; it waits for the morning.

        :param unclear: memories that it was asked about and got wrong, by number.
        :param pressure: in [0, 1], at the end of the night.
        :param worth_asking: the share of such questions that is asked, in [0, 1].
        :raises NightInterrupted: when the night has to end.
        """
        settings = self._context.settings
        if not settings.morning_question or pressure < settings.morning_pressure:
            return
        if self._context.rng.random() >= worth_asking:
            return
        learned = set(report.learned)
        fresh = [memory for memory in reversed(night.memories) if memory.night is None and memory.id in learned]
        # The sort is stable: among equals the newest comes first.
        memories = self._not_asked_about(sorted(fresh, key=lambda memory: memory.id not in unclear))
        for memory in memories[:SOUGHT]:
            candidate = self._find(memory.prompt, breathe=night.breathe)
            if candidate is not None:
                self._keep(candidate, memory, None, night=night.number, unclear=memory.id in unclear)
                return

    def for_the_morning(self) -> Optional[Question]:
        """Return what the current night wants to know, now asked; None when there is nothing, or it was looked for."""
        night = self._context.journal.current_night()
        if night is None or night == self._morning:
            return None
        self._morning = night
        return self._queue.take(night)

    def _not_asked_about(self, memories: Iterable[Episode]) -> List[Episode]:
        about = {question.details.get("about") for question in self._context.journal.questions(limit=RECENT)}
        return [memory for memory in memories if memory.prompt not in about]

    def _keep(self, candidate: Candidate, memory: Episode, threshold: Optional[float], **why: Any) -> None:
        details = {**candidate.details(threshold), **why}
        self._queue.put(candidate.text, self._context.settings.queue_size, memory.id, details)
