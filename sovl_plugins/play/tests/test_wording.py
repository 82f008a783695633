"""Words: content, what is kept, sentences, questions."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as some

from sovl_play.wording import (
    content_words,
    first_question,
    plain_question,
    quote,
    reads_as_question,
    sentences,
    share_kept,
    whole_sentences,
)

pytestmark = pytest.mark.no_torch


def test_content_words_are_stems_each_once():
    assert content_words("My dog's ball: the balls that dogs like") == ["dog", "ball"]


def test_the_share_that_is_kept():
    assert share_kept("My dog Biscuit chases the cats", "A cat flees from a dog.") == pytest.approx(2 / 4)
    assert share_kept("I am", "am I?") == 1.0
    assert share_kept("Biscuit", "") == 0.0
    assert share_kept("...", "anything") == 0.0


@given(some.text(max_size=60), some.text(max_size=60))
def test_a_share_is_a_share_and_a_text_keeps_itself(text, other):
    assert 0.0 <= share_kept(text, other) <= 1.0
    assert share_kept(text, text) in (0.0, 1.0)


def test_sentences_and_their_rest():
    assert sentences('He said "Stop!" Then... 3.5 miles on') == ['He said "Stop!"', "Then...", "3.5 miles on"]
    assert sentences("  ") == []


@pytest.mark.parametrize(
    ("written", "whole"),
    [
        ("One.\nTwo! Thr", "One. Two!"),
        ("no end at all", "no end at all"),
        ("", ""),
        ("It is 3.5 long. And", "It is 3.5 long."),
    ],
)
def test_a_sentence_that_breaks_off_is_left_out(written, whole):
    assert whole_sentences(written) == whole


def test_the_first_question_of_what_was_written():
    assert first_question('Sure! "Where does he sleep?" I would like to know. Why?') == "Where does he sleep?"
    assert first_question("I do not know.") == ""


SAID = "My rabbit Biscuit likes parsley."


@pytest.mark.parametrize("question", ["Where does Biscuit sleep?", "Does your rabbit eat carrots?"])
def test_a_question_about_what_was_said(question):
    assert reads_as_question(question, SAID)


@pytest.mark.parametrize(
    "question",
    [
        "Where does Biscuit sleep",
        "Biscuit?",
        "Biscuit sleeps where?",
        "Where is my rabbit?",
        "What is the capital of France?",
        "Where " + "does Biscuit " * 13 + "go?",
        "?",
    ],
)
def test_what_is_no_question_about_it(question):
    assert not reads_as_question(question, SAID)


def test_the_users_own_question_is_not_asked_back():
    assert not reads_as_question("Where does Biscuit sleep?", "Where does Biscuit sleep?")


@pytest.mark.parametrize(
    ("said", "question"),
    [
        (SAID, "Can you tell me more about Biscuit?"),
        ("my garden", "Can you tell me more about your garden?"),
        ("My old cat is asleep.", "Can you tell me more about your old cat?"),
        ("I bought a boat.", "Can you tell me more about the boat?"),
        ("the roof of my house", "Can you tell me more about your house?"),
        ("Everything about volcanoes", "Can you tell me more about volcanoes?"),
        ("Yes, it was", None),
        ("", None),
    ],
)
def test_a_plain_question(said, question):
    assert plain_question(said) == question


def test_a_quotation_is_short():
    assert quote("one\n two") == "“one two”"
    assert quote("word " * 30, 10) == "“word word…”"
