"""The part of the journal that holds what the system asked, what it was told about its doings, and measurements."""

from __future__ import annotations

from typing import Any, Dict, List, Optional

from sovl_core.error_handling import BadInput
from sovl_core.events import Feedback
from sovl_core.journal_database import JournalPart
from sovl_core.journal_rows import (
    NO_BOUND,
    clean_text,
    feedback_from,
    limit_of,
    metric_from,
    question_from,
    read_counter,
    require,
    to_json,
)
from sovl_core.journal_schema import QUESTION_STATUSES
from sovl_core.records import Metric, Question


class QuestionJournal(JournalPart):
    """Questions, feedback, metrics."""

    def add_question(
        self,
        text: str,
        source: str,
        status: str = "queued",
        episode: Optional[int] = None,
        details: Optional[Dict[str, Any]] = None,
    ) -> Question:
        """Write down something the system wants to know.

        :param episode: what made it ask.
        :raises BadInput: when the status is unknown or there is no such episode.
        """
        wording = self.screened(text, "question", source)
        values = (wording, clean_text(source), _status(status), episode, self._clock(), to_json(details or {}))
        with self._database.write() as connection:
            cursor = connection.execute(
                "INSERT INTO questions (text, source, status, episode, created, details) VALUES (?, ?, ?, ?, ?, ?)",
                values,
            )
            return question_from(require(connection, "questions", int(cursor.lastrowid or 0), "question"))

    def question(self, id: int) -> Optional[Question]:
        """Return one question, None when there is none of that number."""
        with self._database.read() as connection:
            row = connection.execute("SELECT * FROM questions WHERE id = ?", (id,)).fetchone()
            return None if row is None else question_from(row)

    def questions(self, status: Optional[str] = None, limit: Optional[int] = 20) -> List[Question]:
        """Return questions, newest first.

        :param status: only those that are ``queued``, ``asked``, ``answered`` or ``dropped``.
        """
        query = "SELECT * FROM questions WHERE id < ?"
        parameters: List[Any] = [NO_BOUND]
        if status is not None:
            query += " AND status = ?"
            parameters.append(_status(status))
        with self._database.read() as connection:
            rows = connection.execute(f"{query} ORDER BY id DESC LIMIT ?", [*parameters, limit_of(limit)])
            return [question_from(row) for row in rows]

    def count_questions(self, status: str) -> int:
        """Return how many questions have a status; a counter is read."""
        key = f"questions.{_status(status)}"
        with self._database.read() as connection:
            return read_counter(connection, key)

    def update_question(self, id: int, status: Optional[str] = None, answer_episode: Optional[int] = None) -> Question:
        """Change a question's status, or enter the episode that answers it; None leaves each as it is.

        :raises BadInput: when the status is unknown, or there is no such question or episode.
        """
        with self._database.write() as connection:
            before = question_from(require(connection, "questions", id, "question"))
            connection.execute(
                "UPDATE questions SET status = ?, answer_episode = ? WHERE id = ?",
                (
                    before.status if status is None else _status(status),
                    before.answer_episode if answer_episode is None else answer_episode,
                    id,
                ),
            )
            return question_from(require(connection, "questions", id, "question"))

    def add_feedback(self, feedback: Feedback) -> int:
        """Write feedback down and return its number.

        :raises BadInput: when it names an episode or question that does not exist.
        """
        text = self.screened(feedback.text, "feedback", feedback.source) if feedback.text else ""
        with self._database.write() as connection:
            cursor = connection.execute(
                "INSERT INTO feedback (kind, value, text, episode, question, source, created) "
                "VALUES (?, ?, ?, ?, ?, ?, ?)",
                (
                    clean_text(feedback.kind),
                    feedback.value,
                    text,
                    feedback.episode,
                    feedback.question,
                    clean_text(feedback.source),
                    self._clock(),
                ),
            )
            return int(cursor.lastrowid or 0)

    def feedback(self, limit: Optional[int] = 50) -> List[Feedback]:
        """Return feedback, newest first."""
        with self._database.read() as connection:
            query = "SELECT * FROM feedback WHERE id < ? ORDER BY id DESC LIMIT ?"
            return [feedback_from(row) for row in connection.execute(query, (NO_BOUND, limit_of(limit)))]

    def add_metric(self, name: str, value: float, night: Optional[int] = None, episode: Optional[int] = None) -> None:
        """Write a measurement down; NaN and infinity are allowed.

        :raises BadInput: when there is no such night or episode.
        """
        with self._database.write() as connection:
            connection.execute(
                "INSERT INTO metrics (name, value, night, episode, created) VALUES (?, ?, ?, ?, ?)",
                (clean_text(name), float(value), night, episode, self._clock()),
            )

    def metrics(self, name: str, limit: Optional[int] = 100) -> List[Metric]:
        """Return the measurements of one name, newest first."""
        with self._database.read() as connection:
            query = "SELECT * FROM metrics WHERE name = ? ORDER BY id DESC LIMIT ?"
            return [metric_from(row) for row in connection.execute(query, (clean_text(name), limit_of(limit)))]


def _status(status: str) -> str:
    if status not in QUESTION_STATUSES:
        raise BadInput(f"A question cannot be {status!r}", "It is one of: " + ", ".join(QUESTION_STATUSES))
    return status
