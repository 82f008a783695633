"""Answers: which question the user's words answer, and how the reply to them is prepared."""

from __future__ import annotations

from typing import TYPE_CHECKING, Optional

from sovl_core.error_handling import SOVLError, log_error
from sovl_core.events import Feedback
from sovl_core.records import Message

if TYPE_CHECKING:
    from sovl_core.events import Turn
    from sovl_core.plugin import PluginContext
    from sovl_core.records import Question


def question_answered_by(turn: Turn, by_command: Optional[Question], context: PluginContext) -> Optional[Question]:
    """Return the question that a turn answers, None when it answers none.

    The kernel enters the answer to a question that was asked in a reply or out of silence with the episode; one that
    was asked by command it knows nothing of, and the answer is entered here. A counter-question answers nothing.

    :param turn: of the user.
    :param by_command: a question asked by command just before.
    """
    episode = None if turn.episode is None else context.journal.episode(turn.episode)
    if episode is None:
        return None
    if episode.source == "answer":
        number = episode.details.get("question")
        return None if number is None else context.journal.question(number)
    if by_command is None or episode.source != "chat" or turn.prompt.rstrip().endswith("?"):
        return None
    return by_command if _enter(by_command, turn, context) else None


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


def _enter(question: Question, turn: Turn, context: PluginContext) -> bool:
    feedback = Feedback("answer", text=turn.prompt, question=question.id, episode=turn.episode)
    try:
        context.journal.update_question(question.id, status="answered", answer_episode=turn.episode)
        context.journal.add_feedback(feedback)
    except SOVLError as error:
        log_error(context.logger, error, event="answer_not_kept", plugin=context.name)
        return False
    context.hooks.on_feedback(feedback)
    return True
