"""When two values tell different things."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sovl_dream.claims.values import date_parts, differ, is_place, number_in, plain_value, same

pytestmark = pytest.mark.no_torch

KINDS = ("text", "place", "proper", "brand", "date", "digits", "number")


@pytest.mark.parametrize(
    ("kind", "old", "new"),
    [
        ("text", "mint", "oolong"),
        ("place", "Lund", "Oslo"),
        ("place", "Sweden", "Norway"),
        ("proper", "Volvo", "Ericsson"),
        ("proper", "a school", "a hospital"),
        ("brand", "a red Volvo", "a Saab"),
        ("date", "3 May", "the 4th of May"),
        ("date", "May", "June 1980"),
        ("date", "Tuesday", "Thursdays"),
        ("date", "at 9:30", "at 10:30"),
        ("digits", "555 1234", "555 9999"),
        ("number", "34 years old", "thirty-five"),
    ],
)
def test_values_that_differ(kind, old, new):
    assert differ(kind, old, new)
    assert differ(kind, new, old)
    assert not same(kind, old, new)


@pytest.mark.parametrize(
    ("kind", "old", "new"),
    [
        ("text", "mint", "the mint tea"),
        ("text", "Emma", "“emma”"),
        ("place", "Oslo", "Oslo, Norway"),
        ("place", "Lund", "Sweden"),
        ("place", "Lund", "a small flat"),
        ("proper", "the library", "Lund University"),
        ("brand", "a Volvo", "an old one"),
        ("brand", "a red Volvo", "a Volvo V60"),
        ("date", "May", "the 3rd of May"),
        ("date", "May", "Tuesday"),
        ("date", "soon", "later"),
        ("digits", "555 1234", "555-1234"),
        ("number", "34", "thirty-four"),
        ("number", "34", "old"),
        ("text", "", "mint"),
    ],
)
def test_values_that_may_be_one(kind, old, new):
    assert not differ(kind, old, new)
    assert not differ(kind, new, old)


def test_the_parts_of_dates():
    assert date_parts("on the 3rd of May 1980 at 9.30") == {"day": "3", "month": "may", "year": "1980", "time": "9:30"}
    assert date_parts("every Monday at 9 am") == {"weekday": "monday", "time": "9am"}
    assert date_parts("12 Elm Road") == {}


def test_numbers_in_digits_and_words():
    assert [number_in(text) for text in ("34", "thirty-four", "seven", "twenty", "1,5", "none")] == [
        "34",
        "34",
        "7",
        "20",
        "1,5",
        None,
    ]


def test_places_and_plain_values():
    assert is_place("new york")
    assert not is_place("a flat")
    assert not is_place("the old house by the river")
    assert plain_value(' The  "Favorite" Color. ') == "favourite colour"


@given(st.sampled_from(KINDS), st.text(max_size=30), st.text(max_size=30))
def test_any_two_values_are_compared_alike_both_ways_round(kind, old, new):
    assert differ(kind, old, new) == differ(kind, new, old)
    assert not (differ(kind, old, new) and same(kind, old, new))
    assert not differ(kind, old, old)
