"""Answers: which question the user's words answer, and how the reply to them is prepared."""

from __future__ import annotations

from typing import TYPE_CHECKING, Optional

from sovl_core.records import Message

if TYPE_CHECKING:
    from sovl_core.events import Turn
    from sovl_core.journal import Journal
    from sovl_core.records import Question


def question_answered_by(turn: Turn, journal: Journal) -> Optional[Question]:
    """Return the question that a turn answers, as the kernel has entered it with the episode; None for any other turn.

    :param turn: of the user.
    """
    episode = None if turn.episode is None else journal.episode(turn.episode)
    number = None if episode is None or episode.source != "answer" else episode.details.get("question")
    return None if number is None else journal.question(number)


def put_into_history(question: Question, turn: Turn) -> None:
    """Let the model see the question that was asked: one out of silence is in no episode.

    Without it a bare "Biscuit." could not be understood. Chat templates want user and assistant in turn, so it goes
    with what the system said last; where nothing was said there is no place for it.
    """
    if not turn.history or turn.history[-1].role != "assistant":
        return
    last = turn.history[-1]
    if question.text not in last.content:
        turn.history = [*turn.history[:-1], Message(last.role, f"{last.content}\n{question.text}")]
