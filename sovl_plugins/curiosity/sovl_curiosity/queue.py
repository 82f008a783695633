"""Questions kept for later: in the journal, so that other plugins may add to them and a restart keeps them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Dict, List, Optional

from sovl_core.error_handling import SOVLError, log_error

if TYPE_CHECKING:
    from sovl_core.journal import Journal
    from sovl_core.records import Question
    from sovl_core.system_logging import ThreadSafeLogger

#: Earlier questions that a new one must not repeat.
RECENT = 50


class QuestionQueue:
    """The journal's questions as a queue, first in, first out.

    Where the journal cannot be written (a life opened for reading, a full disk) nothing is kept, and nothing fails.

    :param journal: of the life.
    :param source: who the questions are from.
    """

    def __init__(self, journal: Journal, logger: Optional[ThreadSafeLogger], source: str = "curiosity") -> None:
        self._journal = journal
        self._logger = logger
        self._source = source

    def recent(self) -> List[str]:
        """Return the texts of the latest questions, whatever became of them."""
        return [question.text for question in self._journal.questions(limit=RECENT)]

    def waiting(self) -> List[Question]:
        """Return the queued questions of whatever source, oldest first."""
        return self._journal.questions(status="queued", limit=None)[::-1]

    def put(self, text: str, size: int, episode: Optional[int], details: Dict[str, Any]) -> None:
        """Keep a question for later; what is too much is dropped, oldest first."""
        if size <= 0 or self._add(text, "queued", episode, details) is None:
            return
        for question in self.waiting()[:-size]:
            self._set_status(question, "dropped")

    def take(self, night: Optional[int] = None) -> Optional[Question]:
        """Return the oldest queued question, now asked; None when there is none, or that cannot be written down.

        :param night: only one that this night has left behind.
        """
        if not self._journal.count_questions("queued"):
            return None
        waiting = [each for each in self.waiting() if night is None or each.details.get("night") == night]
        return waiting[0] if waiting and self._set_status(waiting[0], "asked") else None

    def asked(self, text: str, episode: Optional[int], details: Dict[str, Any]) -> Optional[Question]:
        """Write down a question that is being asked; None when it cannot be written down."""
        return self._add(text, "asked", episode, details)

    def _add(self, text: str, status: str, episode: Optional[int], details: Dict[str, Any]) -> Optional[Question]:
        try:
            return self._journal.add_question(text, self._source, status=status, episode=episode, details=details)
        except SOVLError as error:
            log_error(self._logger, error, event="question_not_kept", plugin=self._source)
            return None

    def _set_status(self, question: Question, status: str) -> bool:
        try:
            self._journal.update_question(question.id, status=status)
        except SOVLError as error:
            log_error(self._logger, error, event="question_not_kept", plugin=self._source)
            return False
        return True
