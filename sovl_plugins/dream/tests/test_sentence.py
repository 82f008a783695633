"""A sentence made ready for parsing."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sovl_dream.sentence import plain_sentence, without_opener

pytestmark = pytest.mark.no_torch


def test_what_leads_into_a_sentence_is_taken_off():
    assert without_opener("Hi, my name is Ann.") == "my name is Ann."
    assert without_opener("History is fun.") == "History is fun."
    assert without_opener("Yes, thanks, by the way, my dog is ill.") == "my dog is ill."
    assert without_opener("Remember this: the code is 4711.") == "the code is 4711."
    assert without_opener("No wonder is too small.") == "No wonder is too small."
    assert without_opener("Right. I live here.") == "I live here."
    assert without_opener("I said my dog is ill.") == "my dog is ill."
    assert without_opener("I said nothing.") == "I said nothing."


@pytest.mark.parametrize(
    ("text", "plain", "newly"),
    [
        ("My dog is called Rex.", "My dog is called Rex", False),
        ("My dog is called Rex now!", "My dog is called Rex", True),
        ("i'm a nurse these days", "I am a nurse", True),
        ("Actually, I'm a nurse.", "I am a nurse", True),
        ("No, I live in Oslo.", "I live in Oslo", True),
        ("Hi, I live in Oslo.", "I live in Oslo", False),
        ("I don't smoke cigars anymore", "I do not smoke cigars", True),
        ("From now on I get up at six.", "From now on I get up at six", False),
        ("I am here right now, by the way.", "I am here", True),
        ("I live in Oslo too :)", "I live in Oslo", False),
        ("My tea isn't mint, but oolong", "My tea is oolong", True),
        ("I've got a cat named Mia.", "My cat is called Mia", False),
        ("In May we go to Rome.", "We go to Rome in May", False),
        ("We cant come", "We can not come", False),
        ("My cat is actually called Tom", "My cat is called Tom", True),
        ("I know now", "I know now", False),
    ],
)
def test_sentences_made_ready(text, plain, newly):
    sentence = plain_sentence(text)
    assert (sentence.text, sentence.newly) == (plain, newly)


@example("Call me Call me X")
@example("Today today I")
@given(st.text(max_size=60))
def test_any_text_is_made_ready(text):
    assert isinstance(plain_sentence(text).text, str)


@pytest.mark.parametrize("piece", [" now", ", too", " not x, it's y", "no, ", "today ", "😀"])
def test_long_texts_come_to_an_end(piece):
    assert isinstance(plain_sentence("I am" + piece * 3000).text, str)
