"""Counts: sums, means, state."""

from __future__ import annotations

import json

import pytest

from sovl_curiosity.tally import Tally

pytestmark = pytest.mark.no_torch


def test_asked_are_all_that_were_asked():
    assert Tally(spontaneous=2, in_replies=3, by_command=1).asked == 6


def test_mean_novelty():
    tally = Tally()
    assert tally.mean_novelty == 0.0
    tally.weigh(0.5)
    tally.weigh(1.0)
    assert tally.mean_novelty == 0.75


def test_state_round_trips_and_passes_over_what_it_does_not_know():
    tally = Tally(eruptions=4, fruitless=3, answered=1, novelty_sum=0.5, scored=2)
    values = json.loads(json.dumps({**tally.to_dict(), "later": 1}))
    assert Tally.from_dict(values) == tally
    assert Tally.from_dict({}) == Tally()
