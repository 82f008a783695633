"""Muse: between which two things, which text is taken."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.no_torch


def test_it_wanders_from_what_was_said_last_to_something_else(run, script, say):
    say("I play chess", "My dog is called Biscuit")
    script.texts = ["Nothing comes.", "The dog watches a game of chess.", "never written"]
    assert run("muse") == ("The dog watches a game of chess.\n(from “My dog is called Biscuit” to “I play chess”)")
    assert [turn.purpose for turn in script.turns] == ["dream", "dream"]
    assert "My dog is called Biscuit" in script.turns[0].prompt
    assert "I play chess" in script.turns[0].prompt


def test_which_is_drawn_by_lot(run, say):
    say("I play chess", "I live in Oslo", "My sister sings", "My dog is called Biscuit")
    ends = {run("muse", "the", "sea", seed=seed).split(" to ")[1] for seed in range(20)}
    assert len(ends) == 4
    assert run("muse", seed=1) == run("muse", seed=1)


def test_something_is_better_than_silence(run, script, say):
    say("I play chess")
    script.texts = ["Hm."]
    assert run("muse", "the", "sea").startswith("Hm.\n(from “the sea” to “I play chess”)")
    script.texts = [""]
    assert run("muse", "the", "sea").startswith("…\n")


def test_with_one_thing_alone_it_starts_from_there(run, script, say):
    script.texts = ["Waves."]
    assert run("muse", "the", "sea") == "Waves.\n(from “the sea”)"
    say("I see the sea", "The sea!")
    assert run("muse", "what", "I", "see", "of", "the", "sea") == "Waves.\n(from “what I see of the sea”)"
