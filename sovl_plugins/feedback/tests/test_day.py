"""Histories of the mood: a new day after sleep, bounded length, state that round-trips, lines of bars."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sovl_feedback.day import BARS, KEPT_CONFIDENCES, KEPT_TEMPERAMENTS, Day, sparkline

pytestmark = pytest.mark.no_torch


def test_a_count_that_grows_is_the_same_day():
    day = Day()
    day.note(0.5, 0.0, measured=1)
    day.note(0.6, 0.1, measured=2)
    assert list(day.confidences) == [0.5, 0.6]


def test_a_count_that_starts_again_is_a_new_day():
    day = Day()
    day.note(0.5, 0.0, measured=1)
    day.note(0.6, 0.1, measured=1)
    assert list(day.confidences) == [0.6]
    assert list(day.temperaments) == [0.0, 0.1]


def test_histories_are_bounded():
    day = Day()
    for count in range(1, 500):
        day.note(0.5, 0.0, count)
    assert len(day.confidences) == KEPT_CONFIDENCES
    assert len(day.temperaments) == KEPT_TEMPERAMENTS


@given(st.lists(st.tuples(st.floats(0, 1), st.floats(-1, 1)), max_size=20))
def test_state_round_trips_through_json(replies):
    day, again = Day(), Day()
    for count, (confidence, temperament) in enumerate(replies, 1):
        day.note(confidence, temperament, count)
    again.load_dict(json.loads(json.dumps(day.to_dict())))
    assert again.to_dict() == day.to_dict()


def test_empty_state_is_a_fresh_day():
    day = Day()
    day.load_dict({})
    assert day.to_dict() == Day().to_dict()


def test_sparkline_spans_the_range():
    assert sparkline([-1, 1], -1, 1) == BARS[0] + BARS[-1]
    assert sparkline([-9, 9], -1, 1) == BARS[0] + BARS[-1]
    assert sparkline([], -1, 1) == ""


@given(st.lists(st.floats(-2, 2), max_size=50), st.integers(0, 40))
def test_sparkline_has_one_bar_a_value_up_to_its_width(values, width):
    assert len(sparkline(values, -1, 1, width)) == min(len(values), width)
