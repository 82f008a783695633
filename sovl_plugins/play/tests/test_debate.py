"""Debate: who hears what, in which role, and how it is told."""

from __future__ import annotations

import pytest

from sovl_play.debate import as_heard_by

pytestmark = pytest.mark.no_torch

FOR = ["They are quiet.", "So do cats."]
AGAINST = ["Dogs guard the house."]


def test_the_side_for_it_hears_its_own_words_as_its_own():
    history, prompt = as_heard_by(0, "Cats are better", [FOR[0], AGAINST[0]])
    assert [message.role for message in history] == ["user", "assistant"]
    assert 'The claim is: "Cats are better" Argue for it' in history[0].content
    assert history[1].content == FOR[0]
    assert AGAINST[0] in prompt


def test_the_side_against_it_is_told_what_the_first_has_said():
    assert as_heard_by(0, "Cats are better", []) == ([], as_heard_by(0, "Cats are better", [])[1])
    history, prompt = as_heard_by(1, "Cats are better", [FOR[0]])
    assert history == []
    assert "Argue against it" in prompt
    assert FOR[0] in prompt
    history, prompt = as_heard_by(1, "Cats are better", [FOR[0], AGAINST[0], FOR[1]])
    assert [message.role for message in history] == ["user", "assistant"]
    assert (FOR[0] in history[0].content, history[1].content) == (True, AGAINST[0])
    assert FOR[1] in prompt


def test_the_sides_speak_in_turn(run, script):
    script.texts = ["One.", "Two.", "", "Four."]
    assert run("debate", "Cats", "are", "better", rounds=2).splitlines() == [
        "For:     One.",
        "Against: Two.",
        "For:     …",
        "Against: Four.",
    ]
    assert {turn.purpose for turn in script.turns} == {"play"}


def test_the_claim_is_what_was_said_last(run, script, say):
    say("Cats are better")
    run("debate", rounds=1)
    assert all('"Cats are better"' in turn.prompt for turn in script.turns)
    assert len(script.turns) == 2
