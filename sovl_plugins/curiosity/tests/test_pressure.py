"""Pressure: the rates, the bounds, when it erupts."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sovl_curiosity import CuriosityPressure

pytestmark = pytest.mark.no_torch


def test_update_adds_mood_doubt_and_silence():
    pressure = CuriosityPressure(0.2)
    assert pressure.update(0.5, 0.6, 4.0) == pytest.approx(0.2 + 0.05 + 0.02 + 0.08)


def test_a_low_mood_takes_pressure_off():
    assert CuriosityPressure(0.5).update(-1.0, 1.0) == pytest.approx(0.4)


def test_silence_alone_fills_it_in_fifty_seconds():
    pressure = CuriosityPressure()
    assert [pressure.wait(1.0) for _ in range(50)][-1] == pytest.approx(1.0)


@given(
    st.floats(-5, 5),
    st.lists(st.tuples(st.floats(-1, 1), st.floats(0, 1), st.floats(0, 1e6), st.floats(-1, 1))),
)
def test_it_stays_in_bounds(start, events):
    pressure = CuriosityPressure(start)
    for temperament, confidence, silence, drop in events:
        for value in (pressure.update(temperament, confidence, silence), pressure.wait(silence), pressure.drop(drop)):
            assert 0 <= value <= 1


def test_it_erupts_above_the_threshold_only_and_by_chance():
    rng = random.Random(0)
    assert not CuriosityPressure(0.7).should_erupt(0.7, 1.0, rng)
    assert CuriosityPressure(0.71).should_erupt(0.7, 1.0, rng)
    assert not CuriosityPressure(1.0).should_erupt(0.7, 0.0, rng)
    share = sum(CuriosityPressure(1.0).should_erupt(0.7, 0.3, rng) for _ in range(10_000)) / 10_000
    assert share == pytest.approx(0.3, abs=0.02)
