"""Answers: those the kernel entered, those to a question by command, counter-questions, the question in the history."""

from __future__ import annotations

import pytest

from sovl_core.error_handling import SOVLError
from sovl_core.events import Turn
from sovl_core.records import Message, Question
from sovl_curiosity.answers import put_into_history, question_answered_by

pytestmark = pytest.mark.no_torch


@pytest.fixture
def question(journal):
    return journal.add_question("What does Biscuit eat?", "curiosity", status="asked")


def said(journal, text, source="chat", **fields):
    return Turn(text, episode=journal.begin_episode(text, "c", source=source, **fields).id)


def test_the_kernel_has_entered_the_answer(context, journal, question):
    turn = said(journal, "Parsley.", "answer", details={"question": question.id})
    assert question_answered_by(turn, None, context) == question
    context.hooks.on_feedback.assert_not_called()


def test_an_answer_to_a_question_by_command_is_entered_here(context, journal, question):
    turn = said(journal, "Parsley.")
    assert question_answered_by(turn, question, context) == question
    entered = journal.question(question.id)
    assert (entered.status, entered.answer_episode) == ("answered", turn.episode)
    feedback = journal.feedback()[0]
    assert (feedback.kind, feedback.text, feedback.question) == ("answer", "Parsley.", question.id)
    context.hooks.on_feedback.assert_called_once_with(feedback)


@pytest.mark.parametrize(("text", "source"), [("Why do you ask?", "chat"), ("Parsley.", "tell")])
def test_counter_questions_and_things_told_answer_nothing(context, journal, question, text, source):
    assert question_answered_by(said(journal, text, source), question, context) is None
    assert journal.question(question.id).status == "asked"


def test_a_turn_that_is_not_kept_answers_nothing(context, question):
    assert question_answered_by(Turn("Parsley."), question, context) is None


def test_a_full_disk_costs_the_entry_and_nothing_else(context, journal, question, mocker):
    turn = said(journal, "Parsley.")
    mocker.patch.object(journal, "update_question", side_effect=SOVLError("disk full"))
    assert question_answered_by(turn, question, context) is None
    assert context.logger.read()[-1]["event"] == "answer_not_kept"


def test_the_model_sees_the_question_with_what_was_said_last():
    question = Question(1, "What does Biscuit eat?", "curiosity")
    turn = Turn("Parsley.", history=[Message("user", "Hi."), Message("assistant", "Hello.")])
    put_into_history(question, turn)
    put_into_history(question, turn)
    assert turn.history[-1] == Message("assistant", "Hello.\nWhat does Biscuit eat?")


@pytest.mark.parametrize("history", [[], [Message("user", "Hi.")]])
def test_without_a_place_for_it_the_history_stays(history):
    turn = Turn("Parsley.", history=list(history))
    put_into_history(Question(1, "What?", "curiosity"), turn)
    assert turn.history == history
