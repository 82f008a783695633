"""The queue in the journal: first in first out, bounded, shared with other sources, silent where it cannot write."""

from __future__ import annotations

import pytest

from sovl_core.journal import Journal
from sovl_core.system_logging import ThreadSafeLogger
from sovl_curiosity.queue import QuestionQueue

pytestmark = pytest.mark.no_torch


@pytest.fixture
def queue(journal):
    return QuestionQueue(journal, ThreadSafeLogger())


def texts(queue):
    return [question.text for question in queue.waiting()]


def test_first_in_first_out(queue, journal):
    for text in ("one?", "two?"):
        queue.put(text, 10, None, {"score": 0.9})
    assert queue.take().text == "one?"
    assert texts(queue) == ["two?"]
    assert journal.questions(status="asked")[0].details == {"score": 0.9}


def test_one_of_a_night_is_taken_out_of_its_turn(queue):
    queue.put("one?", 10, None, {})
    queue.put("two?", 10, None, {"night": 2})
    assert queue.take(night=1) is None
    assert queue.take(night=2).text == "two?"
    assert queue.take(night=2) is None
    assert texts(queue) == ["one?"]


def test_the_oldest_is_dropped_when_it_is_full(queue, journal):
    for number in range(5):
        queue.put(f"{number}?", 3, None, {})
    assert texts(queue) == ["2?", "3?", "4?"]
    assert journal.count_questions("dropped") == 2


def test_no_room_keeps_nothing(queue):
    queue.put("one?", 0, None, {})
    assert texts(queue) == []


def test_questions_of_other_sources_are_taken_too(queue, journal):
    journal.add_question("What did you dream?", "gestation")
    assert queue.take().text == "What did you dream?"
    assert queue.take() is None


def test_recent_questions_are_known_whatever_became_of_them(queue):
    queue.put("one?", 10, None, {})
    queue.asked("two?", None, {})
    assert sorted(queue.recent()) == ["one?", "two?"]


def test_a_life_that_is_only_read_stays_as_it_is(queue, journal, tmp_path):
    queue.put("one?", 10, None, {})
    reading, logger = Journal(tmp_path / "journal.db", read_only=True), ThreadSafeLogger()
    try:
        reader = QuestionQueue(reading, logger)
        assert reader.asked("two?", None, {}) is None
        assert reader.take() is None
        reader.put("three?", 10, None, {})
        assert texts(reader) == ["one?"]
    finally:
        reading.close()
    assert [entry["event"] for entry in logger.read()] == ["question_not_kept"] * 3
