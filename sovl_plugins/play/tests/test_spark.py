"""Spark: the queue first, then a question about what was told, then a plain one."""

from __future__ import annotations

import pytest

from sovl_core.events import Utterance
from sovl_core.journal import Journal
from sovl_play.spark import NOTHING

pytestmark = pytest.mark.no_torch

SAID = "My rabbit Biscuit likes parsley."
QUESTION = "Where does Biscuit sleep?"


def test_the_oldest_of_the_queue_is_asked_first(run, journal, script):
    first = journal.add_question("What did you dream?", "curiosity")
    journal.add_question("And then?", "curiosity")
    assert run("spark") == Utterance("What did you dream?", question=True, source="play")
    assert journal.question(first.id).status == "asked"
    assert journal.count_questions("queued") == 1
    assert script.turns == []


def test_a_question_is_written_about_what_was_told_last(run, script, say):
    say(SAID, "What do you think?")
    script.texts = ["I do not know.", "What is the capital of France?", f"Sure. {QUESTION} I wonder."]
    assert run("spark").text == QUESTION
    assert [turn.purpose for turn in script.turns] == ["question"] * 3
    assert SAID in script.turns[0].prompt
    assert [message.role for message in script.turns[0].history] == ["user", "assistant"] * 3


def test_words_come_before_queue_and_journal(run, journal, script, say):
    say(SAID)
    journal.add_question("What did you dream?", "curiosity")
    script.texts = ["How large is your garden?"]
    assert run("spark", "my", "garden").text == "How large is your garden?"
    assert journal.count_questions("queued") == 1


def test_what_was_asked_before_is_not_asked_again(run, journal, script, say):
    say(SAID)
    journal.add_question(QUESTION, "curiosity", status="answered")
    script.texts = [QUESTION]
    assert run("spark").text == "Can you tell me more about Biscuit?"


def test_there_may_be_nothing_to_ask_about(run, say):
    assert run("spark") == NOTHING
    say("What is that?", "Yes.")
    assert run("spark") == NOTHING


def test_a_life_that_is_only_read_leaves_the_queue_alone(run, context, journal, tmp_path, say):
    say(SAID)
    journal.add_question("What did you dream?", "curiosity")
    context.journal = Journal(tmp_path / "journal.db", read_only=True)
    assert run("spark").text == "Can you tell me more about Biscuit?"
    context.journal.close()
