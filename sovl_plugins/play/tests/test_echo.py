"""Echo: each is of the one before, and the last is the first that has nothing of yours."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.no_torch


def test_each_echo_is_of_the_one_before_it(run, script, say):
    say("My dog likes the sea")
    script.texts = ['"Your dog loves the sea." That is to say it likes it.', "The sea is loved.", "Love is all."]
    assert run("echo").splitlines() == [
        " 67%  Your dog loves the sea.",
        " 33%  The sea is loved.",
        "  0%  Love is all.",
    ]
    heard = [turn.prompt.split(": ", 1)[1] for turn in script.turns]
    assert heard == ['"My dog likes the sea"', '"Your dog loves the sea."', '"The sea is loved."']


def test_it_ends_where_nothing_is_left(run, script):
    script.texts = ["Love is all."]
    assert run("echo", "the", "sea", echoes=5) == "  0%  Love is all."
    assert len(script.turns) == 1


def test_no_more_echoes_than_asked_for(run, script):
    script.texts = ["The sea."]
    assert run("echo", "the", "sea", echoes=2) == "100%  The sea.\n100%  The sea."


def test_it_may_not_come_back(run, script):
    script.texts = [""]
    assert run("echo", "the", "sea") == "It does not come back."
