"""Rewind: to which turn, what is heard after it, what stays; how far it can go."""

from __future__ import annotations

import pytest

from sovl_core.error_handling import BadInput

pytestmark = pytest.mark.no_torch


def heard(context):
    return [message.content for message in context.journal.messages(context.current, 9) if message.role == "user"]


def test_one_turn_back_unless_told_otherwise(run, context, say):
    say("One", "Two", "Three")
    assert run("rewind") == (
        "The conversation goes on after “Two”.\nNot heard any more, but still in the journal: “Three”"
    )
    assert heard(context) == ["One", "Two"]
    context.settings.back = 2
    run("rewind")
    assert heard(context) == []
    assert [episode.prompt for episode in context.journal.unconsolidated()] == ["One", "Two", "Three"]


def test_what_is_said_after_it_belongs_to_the_branch(run, context, say):
    say("One", "Two", "Three")
    run("rewind", "2")
    say("Another two", conversation=context.current)
    assert heard(context) == ["One", "Another two"]
    assert "from the beginning" in run("rewind", "2")
    assert heard(context) == []


def test_a_shell_goes_back_in_the_last_conversation(run, context, journal, say):
    say("One", "Two")
    context.current = "of this command alone"
    run("rewind")
    assert journal.last_conversation() == context.current
    assert heard(context) == ["One"]


def test_what_got_no_reply_is_a_turn_too(run, context, say):
    assert run("rewind") == "There is nothing to go back to: nothing was said yet."
    assert context.current == "c"
    say("One")
    say("Two", reply="")
    assert "after “One”" in run("rewind")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["4"], r"There are only 3 turns to go back by\. To its beginning: rewind 3"),
        (["x"], "'x' is not a whole number"),
        (["0"], "'0' is not a whole number, 1 to 1000"),
        (["1", "2"], "takes one number"),
    ],
)
def test_where_it_cannot_go(run, context, say, words, message):
    say("One", "Two", "Three")
    with pytest.raises(BadInput, match=message):
        run("rewind", *words)
    assert context.current == "c"
