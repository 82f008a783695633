"""Mimic: whose style, what is shown of it, which text is taken."""

from __future__ import annotations

import pytest

from sovl_core.error_handling import BadInput
from sovl_play.mimic import STYLES

pytestmark = pytest.mark.no_torch

OWN = ["no idea, can't say", "i'm off to the harbour", "wasn't me", "let's go"]


def test_the_text_closest_to_how_the_user_speaks_is_taken(run, script, say):
    say(*OWN)
    script.texts = ["The weather is magnificent today.", "it's fine i guess", "RAIN! RAIN!"]
    text, remark = run("mimic", "the", "weather").splitlines()
    assert text == "it's fine i guess"
    assert remark == "(as you speak: 3 words a sentence, 100% begin small, 31% contractions, 8% long words)"
    assert {turn.purpose for turn in script.turns} == {"play"}
    assert script.turns[0].prompt == "Say something about this: the weather"


def test_some_of_your_words_are_shown_as_its_own(run, script, say):
    say(*OWN, "x" * 300, "Six", "Seven")
    run("mimic", "me", "rain")
    history = script.turns[0].history
    assert [message.role for message in history] == ["user", "assistant"] * 5
    shown = {message.content for message in history if message.role == "assistant"}
    assert len(shown) == 5
    assert shown <= {*OWN, "Six", "Seven"}


def test_only_the_latest_turns_are_measured(run, say):
    say(*["This sentence, however, is considerably longer than whatever follows it."] * 5)
    say("Go now.", "Stop it.", "Come in.")
    assert "2 words a sentence" in run("mimic", "rain", sample=3)


def test_what_is_only_repeated_is_the_last_choice(run, script, say):
    say(*OWN)
    script.texts = ["wasn't me", "THE RAIN IN SPAIN IS MAINLY ON THE PLAIN AGAIN!"]
    assert run("mimic", "rain").splitlines()[0].startswith("THE RAIN")
    script.texts = ["Wasn't me!"]
    assert run("mimic", "rain").splitlines()[0] == "Wasn't me!"


@pytest.mark.parametrize("name", sorted(STYLES))
def test_a_style_with_a_name_needs_no_journal(run, script, name):
    script.texts = ["Rain."]
    # What was wanted, and not what came of it.
    assert f"(as {name} should be: " in run("mimic", name, "the", "weather")
    shown = {message.content for message in script.turns[0].history if message.role == "assistant"}
    assert shown == set(STYLES[name])


def test_too_little_was_said(run, script, say):
    say("One", "...", "Two")
    with pytest.raises(BadInput, match=r"2 of at least 3 turns.*mimic terse"):
        run("mimic")
    assert script.turns == []


def test_a_long_winded_user_is_shown_in_part(run, script, say):
    say(*["word " * 100] * 3)
    run("mimic", "rain")
    assert max(len(message.content) for message in script.turns[0].history) == 200
