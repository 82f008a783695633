"""What one greedy pass gives away, read off replies."""

from __future__ import annotations

import pytest

from sovl_core.events import Reply
from sovl_curiosity.signals import NAMES, recalled, signals_of

REPLY = Reply(
    "x", token_probabilities=[0.9, 0.5, 0.7, 0.1], token_entropies=[0.2, 1.0, 0.6, 3.0], annotations={"a.why": "text"}
)


def test_signals_are_of_the_first_tokens_alone():
    signals = signals_of(REPLY, 3)
    assert dict(zip(NAMES, signals.values())) == pytest.approx(
        {
            "mean_probability": 0.7,
            "least_probability": 0.5,
            "mean_entropy": 0.6,
            "highest_entropy": 1.0,
            "length": 1.0,
            "recalled": 0.0,
        }
    )
    assert signals_of(REPLY, 8).length == 0.5
    assert signals_of(REPLY, 8).least_probability == 0.1


def test_an_empty_reply_has_signals_too():
    assert set(signals_of(Reply(""), 4).values()) == {0.0}
    assert signals_of(Reply("x", token_probabilities=[0.5]), 4).mean_entropy == 0.0


def test_what_a_reply_draws_on_is_read_whoever_names_it():
    reply = Reply("x", annotations={"one.memories": [(1, 0.3), (2, 0.8)], "two.memories": [(1, 0.5)], "a.relevance": 1})
    assert recalled(reply) == 0.8
    assert recalled(Reply("x", annotations={"one.memories": []})) == 0.0
