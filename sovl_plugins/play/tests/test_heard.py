"""What was heard: the conversation, its turns, the user's words, what a command is about."""

from __future__ import annotations

import pytest

from sovl_core.error_handling import BadInput
from sovl_play.heard import conversation, own_words, recent_turns, subject

pytestmark = pytest.mark.no_torch


def test_a_silent_life(context):
    assert conversation(context) is None
    assert recent_turns(context, 3) == own_words(context, 3) == []
    with pytest.raises(BadInput, match=r"Nothing was said yet.*as in: muse"):
        subject(context, [], "muse")


def test_the_conversation_that_goes_on_else_the_last_one(context, say):
    say("One", conversation="c")
    say("Two", conversation="other")
    assert conversation(context) == "c"
    context.current = "of this command alone"
    assert conversation(context) == "other"


def test_turns_of_the_conversation_and_words_of_all(context, journal, say):
    say("One")
    say("Told", reply="")
    old, new = say("I live in Rome", "I live in Oslo", conversation="other")
    journal.supersede(old, new)
    assert [turn.prompt for turn in recent_turns(context, 5)] == ["One", "Told"]
    assert [turn.prompt for turn in recent_turns(context, 1)] == ["Told"]
    assert own_words(context, 3) == ["I live in Oslo", "Told"]


def test_what_it_is_about(context, say):
    assert subject(context, ["the", "sea"], "muse") == "the sea"
    say("One", "Two")
    assert subject(context, [], "muse") == "Two"
