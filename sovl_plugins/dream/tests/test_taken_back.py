"""What the user takes back within a turn."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sovl_dream.own_words import own_sentences
from sovl_dream.taken_back import is_denial, is_joke, is_retraction, takes_back, takes_back_itself

pytestmark = pytest.mark.no_torch


@pytest.mark.parametrize(
    "sentence",
    [
        "Just kidding!",
        "Kidding!",
        "Joking, of course.",
        "haha, only messing with you",
        "I lied.",
        "I made that up.",
        "Psych!",
        "April fools!",
        "That was a joke.",
        "This is just a test.",
        "J/k",
        "Don't remember that.",
        "Ha, fooled you.",
    ],
)
def test_retractions(sentence):
    assert is_retraction(sentence)


@pytest.mark.parametrize(
    "sentence",
    [
        "I'm not kidding.",
        "No joke.",
        "I was joking with Tom.",
        "My ex lied to me.",
        "I made up my mind.",
        "That's true.",
        "I invented a game.",
        "My test is on Friday.",
        "My joke was bad.",
        "I don't remember that.",
    ],
)
def test_what_only_sounds_like_one(sentence):
    assert not is_retraction(sentence)
    assert not is_denial(sentence)


@pytest.mark.parametrize("sentence", ["That was a lie.", "That's not true.", "None of that is true.", "It isn't true!"])
def test_denials(sentence):
    assert is_denial(sentence)


@pytest.mark.parametrize(
    ("sentence", "before", "taken"),
    [
        ("Nah.", "I live on the moon.", True),
        ("Haha, no.", "I live on the moon.", True),
        ("Not really.", "My name is Abu.", True),
        ("Scratch that.", "I live in Rome.", True),
        ("Right?", "My boss is called Tamsin.", True),
        ("No wait, it isn't.", "My name is Bob.", True),
        ("No.", "I don't smoke.", False),
        ("Nope.", "I have no siblings.", False),
        ("No pets.", "I have three kids.", False),
        ("Not the new one.", "I live in York.", False),
        ("Forget about Vegas.", "I live in Reno.", False),
        ("That's right.", "My name is Jo.", False),
    ],
)
def test_the_sentence_before_is_taken_back(sentence, before, taken):
    assert takes_back(sentence, before) is taken


@pytest.mark.parametrize(
    ("sentence", "taken"),
    [
        ("My name is Abu, not really.", True),
        ("I am the pope /s", True),
        ("My name is Bob - NOT!", True),
        ("My salary is 4000, but that's wrong.", True),
        ("I don't like olives, not really.", False),
        ("I live in Oslo, not in Bergen.", False),
        ("I play bass/guitar.", False),
    ],
)
def test_a_sentence_takes_itself_back(sentence, taken):
    assert takes_back_itself(sentence) is taken


def test_what_was_said_by_somebody_else_is_what_is_denied():
    turn = "I have two dogs. My neighbour says I have three. That's a lie."
    assert "I have two dogs." in own_sentences(turn)
    assert own_sentences("I have two dogs. I have a cat. That's a lie.") == ["That's a lie."]


def test_jokes_that_are_taken_back():
    assert is_joke("My dog can fly, just kidding.")
    assert not is_joke("My dog can swim.")


@given(st.text(max_size=80))
def test_any_text_is_a_joke_or_none(text):
    assert is_joke(text) in (True, False)
