"""Styles: what is measured, how far apart they are, how they are told."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as some

from sovl_play.mimic import STYLES
from sovl_play.style import measure

pytestmark = pytest.mark.no_torch


def test_each_number_is_what_it_says():
    style = measure(["don't shout! I AM here.", "Where is everybody?", "…"])
    assert style.length == pytest.approx(8 / 3)
    assert (style.asking, style.exclaiming, style.uncapped) == pytest.approx((1 / 3, 1 / 3, 1 / 3))
    assert style.contracted == pytest.approx(1 / 8)
    assert style.long_words == pytest.approx(1 / 8)
    assert style.capitals == pytest.approx(1 / 8)


def test_silence_has_a_style_of_zeros():
    assert measure([]) == measure(["  ", "..."])
    assert measure([]).length == 0.0


@given(some.lists(some.text(max_size=40), max_size=4), some.lists(some.text(max_size=40), max_size=4))
def test_distances_are_shares_alike_both_ways(one, another):
    apart = measure(one).distance(measure(another))
    assert 0.0 <= apart <= 1.0
    assert apart == measure(another).distance(measure(one))
    assert measure(one).distance(measure(one)) == 0.0


@pytest.mark.parametrize("name", sorted(STYLES))
def test_what_is_said_in_a_named_style_is_closest_to_that_style(name):
    held_out, shown = STYLES[name][0], STYLES[name][1:]
    styles = {other: measure(shown if other == name else lines) for other, lines in STYLES.items()}
    spoken = measure([held_out])
    assert min(styles, key=lambda other: spoken.distance(styles[other])) == name


def test_six_words_more_are_half_a_step_in_one_of_seven_numbers():
    short, longer, longest = (measure([" ".join(["Word"] * count) + "."]) for count in (2, 8, 80))
    assert short.distance(longer) == pytest.approx(0.5 / 7)
    assert short.distance(longest) == pytest.approx(1 / 7)


def test_a_style_in_words_leaves_out_what_there_is_none_of():
    assert (
        measure(["i can't stop!"]).describe()
        == "3 words a sentence, 100% exclamations, 100% begin small, 33% contractions"
    )
    assert measure(["Good dog."]).describe() == "2 words a sentence"
