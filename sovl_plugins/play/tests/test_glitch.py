"""Glitch: how a text is garbled, and how replies are compared."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as some

from sovl_play.glitch import garble

pytestmark = pytest.mark.no_torch

TEXT = "My dog is called Biscuit and he lives in a small red house by the sea."


@given(some.text(max_size=60), some.floats(0, 1), some.integers(0, 10**6))
def test_whatever_is_garbled_has_about_its_length(text, share, seed):
    garbled = garble(text, share, random.Random(seed))
    letters = sum(letter.isalnum() for letter in text)
    assert abs(len(garbled) - len(text)) <= max(1, round(share * letters))
    if share == 0 or not letters:
        assert garbled == text


def test_the_more_noise_the_less_is_left():
    def changed(share):
        garbled = garble(TEXT, share, random.Random(1))
        return sum(word not in garbled.split() for word in TEXT.split())

    assert 0 < changed(0.02) < changed(0.2) < changed(1.0)


def test_a_little_noise_hits_something_and_a_seed_the_same():
    assert all(garble("dog", 0.01, random.Random(seed)) != "dog" for seed in range(50))
    assert garble(TEXT, 0.3, random.Random(7)) == garble(TEXT, 0.3, random.Random(7))


def test_replies_to_garbled_and_clean_words_are_compared(run, script):
    script.texts = ["Your dog lives.", "Your dog is Biscuit."]
    shown = run("glitch", "What", "is", "my", "dog", "called?", seed=1, noise=0.3).splitlines()
    garbled, clean = script.turns
    assert clean.prompt == "What is my dog called?" != garbled.prompt
    assert shown[0] == f"It heard: {garbled.prompt}"
    assert shown[1] == "Your dog lives."
    assert shown[2].startswith("(50% of the words")
    assert {turn.temperature for turn in script.turns} == {0.0}


def test_without_noise_nothing_is_lost(run, script, say):
    say("It rains")
    script.texts = ["So it does."]
    assert run("glitch", noise=0.0).splitlines() == [
        "It heard: It rains",
        "So it does.",
        "(100% of the words of its reply to the clean text are in it)",
    ]
