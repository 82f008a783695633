"""Sentences that the rules cannot parse are kept whole."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sovl_core.records import Episode
from sovl_dream.memories import statements_in
from sovl_dream.settings import DreamSettings
from sovl_dream.verification import verify
from sovl_dream.whole import questions_on, topics, whole_statement
from sovl_dream.writer import dream

pytestmark = pytest.mark.no_torch


@pytest.mark.parametrize(
    ("text", "news", "about"),
    [
        ("Whenever it rains my knee aches, from an old ski accident", "old ski accident", ["rains", "knee aches"]),
        ("The company I work for makes conveyor belts.", "makes conveyor belts", ["company", "work"]),
        ("First teacher I ever had: Miss Ellery.", "Miss Ellery", ["teacher"]),
        ("I don't drink, haven't since 2012", "2012", ["drink"]),
    ],
)
def test_the_news_and_what_it_is_about(text, news, about):
    statement = whole_statement(text)
    assert statement.complement == news
    assert topics(statement)[: len(about)] == about
    assert not statement.verb


@pytest.mark.parametrize(
    "text",
    [
        "Jag bor i Lund och trivs med det.",
        "The mitochondria are where energy is made.",
        "If I had a boat I'd sail to Bergen.",
        "Maybe my sister will visit in June.",
        "I think my boss hates the new office.",
        "Play some jazz in my kitchen.",
        "In my story, the hero lives in Oslo.",
        "Thanks for helping me with Python.",
        "I like what you said about Bergen.",
        "My dog.",
        "",
    ],
)
def test_what_does_not_tell_of_the_users_own_is_not_kept(text):
    assert whole_statement(text) is None


def test_its_dreams_ask_for_what_it_is_about_and_answer_with_all_of_it():
    episode = Episode(1, "c", "Whenever it rains my knee aches, the left one, from an old ski accident")
    dreams = verify(dream(episode, 24, DreamSettings(), random.Random(0)))
    accepted = [one for one in dreams if one.verdict == "accepted"]
    assert {one.completion for one in accepted} == {
        "Whenever it rains your knee aches, the left one, from an old ski accident."
    }
    assert {one.kind for one in accepted} >= {"question", "reverse", "cue"}
    assert any("knee" in one.prompt for one in accepted if one.kind == "question")
    assert len([one for one in accepted if one.kind == "question"]) >= 10
    assert any(one.held_out for one in accepted)


def test_questions_are_as_many_as_are_wanted_at_most():
    statement = whole_statement("Whenever it rains my knee aches, from an old ski accident")
    assert len(questions_on(topics(statement), 5, random.Random(0))) == 5


@given(st.text(max_size=80))
def test_no_text_breaks_it(text):
    for lead in ("", "Whenever my ", "My left knee, I "):
        statement = whole_statement(lead + text)
        if statement is not None:
            assert statement.complement
            assert questions_on(topics(statement), 3, random.Random(0))
    for statement in statements_in(Episode(1, "c", "Whenever my " + text)):
        assert statement.complement
