from __future__ import annotations

import math

import pytest

from sovl_core.error_handling import BadInput
from sovl_core.events import Feedback
from sovl_core.journal import Journal

pytestmark = pytest.mark.no_torch


@pytest.fixture
def journal(tmp_path):
    journal = Journal(tmp_path / "journal.db", clock=lambda: 5.0)
    yield journal
    journal.close()


def test_question_is_asked_and_answered(journal):
    episode, answer = journal.begin_episode("hi", "c").id, journal.begin_episode("Rex", "c").id
    asked = journal.add_question("What is your dog called?", "curiosity", episode=episode, details={"novelty": 0.9})

    assert (asked.status, asked.episode, asked.created, asked.details) == ("queued", episode, 5.0, {"novelty": 0.9})
    assert journal.update_question(asked.id, status="asked").answer_episode is None
    journal.update_question(asked.id, status="answered", answer_episode=answer)

    after = journal.question(asked.id)
    assert (after.status, after.answer_episode, after.text) == ("answered", answer, asked.text)


def test_questions_by_status_newest_first_and_counted(journal):
    first, second, third = (journal.add_question(text, "x").id for text in "abc")
    journal.update_question(second, status="asked")

    assert [question.id for question in journal.questions()] == [third, second, first]
    assert [question.id for question in journal.questions(status="queued")] == [third, first]
    assert [question.id for question in journal.questions(status="queued", limit=1)] == [third]
    counts = {status: journal.count_questions(status) for status in ("queued", "asked", "answered", "dropped")}
    assert counts == {"queued": 2, "asked": 1, "answered": 0, "dropped": 0}


def test_question_that_cannot_be(journal):
    number = journal.add_question("?", "x").id

    for refused in (
        lambda: journal.add_question("?", "x", status="shouted"),
        lambda: journal.update_question(number, status="shouted"),
        lambda: journal.questions(status="shouted"),
        lambda: journal.count_questions("shouted"),
    ):
        with pytest.raises(BadInput, match=r"'shouted'.*queued, asked, answered, dropped"):
            refused()
    with pytest.raises(BadInput, match="no question 99"):
        journal.update_question(99, status="asked")
    with pytest.raises(BadInput, match="no episode"):
        journal.add_question("?", "x", episode=99)
    assert journal.question(99) is None
    assert journal.count_questions("queued") == 1


def test_feedback_comes_back_newest_first(journal):
    episode = journal.begin_episode("hi", "c").id
    question = journal.add_question("?", "x").id
    given = [
        Feedback("rating", 1.0, episode=episode),
        Feedback("correction", text="no, Rex", episode=episode),
        Feedback("answer", text="three", question=question, source="cli"),
        Feedback("outcome", math.inf, text="tests passed"),
    ]
    numbers = [journal.add_feedback(feedback) for feedback in given]

    assert len(set(numbers)) == 4
    assert journal.feedback() == given[::-1]
    assert journal.feedback(limit=1) == given[:-2:-1]


def test_feedback_on_nothing_is_refused(journal):
    with pytest.raises(BadInput, match="no episode, question"):
        journal.add_feedback(Feedback("rating", 1.0, episode=99))
    assert journal.feedback() == []


def test_metrics_of_one_name_newest_first(journal):
    night = journal.open_night(None, "command", {})
    journal.add_metric("recall", 0.5, night=night)
    journal.add_metric("drift", 0.1)
    journal.add_metric("recall", 1)

    assert [(m.value, m.night, m.created) for m in journal.metrics("recall")] == [(1.0, None, 5.0), (0.5, night, 5.0)]
    assert [m.value for m in journal.metrics("recall", limit=1)] == [1.0]
    assert journal.metrics("unknown") == []


def test_metrics_that_are_no_numbers(journal):
    for value in (math.nan, math.inf, -math.inf):
        journal.add_metric("loss", value)

    low, high, none = (metric.value for metric in journal.metrics("loss"))
    assert (low, high) == (-math.inf, math.inf)
    assert math.isnan(none)
    with pytest.raises(BadInput, match="no episode"):
        journal.add_metric("loss", 1.0, night=9)


def test_questions_and_feedback_are_screened(journal):
    journal.screen = lambda entry: setattr(entry, "text", f"{entry.part} of {entry.source}")

    assert journal.add_question("Is it 1234?", "curiosity").text == "question of curiosity"
    journal.add_feedback(Feedback("correction", text="It is 1234"))
    journal.add_feedback(Feedback("rating", 1.0))
    assert [feedback.text for feedback in journal.feedback()] == ["", "feedback of user"]
