"""Answers as the kernel entered them, other turns, the question in the history."""

from __future__ import annotations

import pytest

from sovl_core.events import Turn
from sovl_core.records import Message, Question
from sovl_curiosity.answers import put_into_history, question_answered_by

pytestmark = pytest.mark.no_torch


@pytest.fixture
def question(journal):
    return journal.add_question("What does Biscuit eat?", "curiosity", status="asked")


def said(journal, text, source="chat", **fields):
    return Turn(text, episode=journal.begin_episode(text, "c", source=source, **fields).id)


def test_the_kernel_has_entered_the_answer(journal, question):
    turn = said(journal, "Parsley.", "answer", details={"question": question.id})
    assert question_answered_by(turn, journal) == question


@pytest.mark.parametrize(("text", "source"), [("Why do you ask?", "chat"), ("Parsley.", "tell")])
def test_whatever_else_is_said_answers_nothing(journal, question, text, source):
    assert question_answered_by(said(journal, text, source), journal) is None


def test_an_answer_without_its_question_answers_nothing(journal):
    assert question_answered_by(said(journal, "Parsley.", "answer"), journal) is None
    assert question_answered_by(said(journal, "Parsley.", "answer", details={"question": 99}), journal) is None


def test_a_turn_that_is_not_kept_answers_nothing(journal, question):
    assert question_answered_by(Turn("Parsley."), journal) is None


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
