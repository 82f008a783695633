"""Reflect: on which turns, which reflection is taken, what is said without one."""

from __future__ import annotations

import pytest

from sovl_core.error_handling import BadInput

pytestmark = pytest.mark.no_torch


def test_it_looks_back_on_the_latest_turns_of_both(run, script, say):
    say("I play chess", "My dog is called Biscuit", reply="How nice")
    say("He is old", reply="")
    script.texts = ["You spoke of Biscuit, who is an old dog."]
    assert run("reflect", turns=2) == "You spoke of Biscuit, who is an old dog."
    (turn,) = script.turns
    assert turn.purpose == "reflection"
    assert "I said: My dog is called Biscuit\nYou answered: How nice\nI said: He is old\n" in turn.prompt
    assert "chess" not in turn.prompt


def test_the_one_that_mentions_most_is_taken(run, script, say):
    say("My dog Biscuit chases the neighbour in the garden")
    script.texts = ["Life is long.", "A garden is mentioned.", "There is nothing."]
    assert run("reflect") == "A garden is mentioned."
    assert len(script.turns) == 3


def test_without_a_reflection_your_words_are_listed(run, script, say):
    say("My dog is called Biscuit", "Yes.", "I live in Oslo")
    script.texts = ["Life is long."]
    assert run("reflect") == "You spoke of: “My dog is called Biscuit”; “I live in Oslo”"


def test_nothing_was_said(run, script):
    assert "nothing was said" in run("reflect")
    assert script.turns == []


def test_it_takes_no_words(run):
    with pytest.raises(BadInput, match="takes no words"):
        run("reflect", "deeply")
