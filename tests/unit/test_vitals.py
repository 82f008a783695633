"""Vital signs: what is measured, how a day ends, and what comes back from disk."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sovl_core.vitals import HISTORY_LENGTH, Vitals

pytestmark = pytest.mark.no_torch

confidences = st.lists(st.floats(0, 1), max_size=20)
temperaments = st.lists(st.floats(-5, 5), max_size=20)


def test_a_new_life_is_neutral_and_has_measured_nothing() -> None:
    vitals = Vitals()
    assert (vitals.exposure, vitals.temperament, vitals.mean_confidence, vitals.capacity) == (0.0, 0.0, None, None)


def test_the_mean_is_of_the_whole_day_the_history_of_its_end() -> None:
    vitals = Vitals()
    for confidence in (0.0, 0.0, 0.0, 1.0, 1.0, 1.0, 1.0, 1.0):
        vitals.record_confidence(confidence)
    assert vitals.mean_confidence == pytest.approx(5 / 8)
    assert list(vitals.confidence_history) == [1.0] * HISTORY_LENGTH


def test_how_much_is_remembered_can_be_chosen_also_of_what_was_saved() -> None:
    vitals = Vitals(confidences=3, temperaments=2)
    for value in (0.1, 0.2, 0.3, 0.4):
        vitals.record_confidence(value)
        vitals.record_temperament(value)
    assert (list(vitals.confidence_history), list(vitals.temperament_history)) == ([0.2, 0.3, 0.4], [0.3, 0.4])
    shorter = Vitals(confidences=2, temperaments=2)
    shorter.load_dict(vitals.to_dict())
    assert list(shorter.confidence_history) == [0.3, 0.4]
    shorter.load_dict({})
    assert not shorter.confidence_history


def test_waking_measures_confidence_afresh_and_keeps_the_rest() -> None:
    vitals = Vitals()
    vitals.record_confidence(0.25)
    vitals.record_temperament(0.5)
    vitals.exposure = 7.0
    vitals.wake()
    assert vitals.mean_confidence is None
    assert (vitals.exposure, vitals.temperament, list(vitals.confidence_history)) == (7.0, 0.5, [0.25])
    vitals.record_confidence(0.75)
    assert vitals.mean_confidence == 0.75


@given(temperaments)
def test_temperament_stays_within_bounds(values: list) -> None:
    vitals = Vitals()
    for value in values:
        vitals.record_temperament(value)
    kept = list(vitals.temperament_history)
    assert kept == [max(-1.0, min(1.0, value)) for value in values][-HISTORY_LENGTH:]
    assert vitals.temperament == (kept[-1] if kept else 0.0)


@given(confidences, temperaments, st.none() | st.floats(1, 1e9), st.text())
def test_what_is_saved_as_json_comes_back(day: list, moods: list, capacity: float, prompt: str) -> None:
    vitals = Vitals()
    for confidence in day:
        vitals.record_confidence(confidence)
    for mood in moods:
        vitals.record_temperament(mood)
    vitals.capacity, vitals.last_prompt, vitals.exposure = capacity, prompt, float(len(day))
    restored = Vitals()
    restored.load_dict(json.loads(json.dumps(vitals.to_dict())))
    assert restored.to_dict() == vitals.to_dict()
    assert restored.mean_confidence == vitals.mean_confidence
    # The history still forgets after a reload.
    for _ in range(HISTORY_LENGTH + 1):
        restored.record_confidence(0.5)
    assert len(restored.confidence_history) == HISTORY_LENGTH


def test_missing_values_are_those_of_a_new_life() -> None:
    vitals = Vitals()
    vitals.record_confidence(0.3)
    vitals.record_temperament(-0.4)
    vitals.load_dict({})
    assert vitals.to_dict() == Vitals().to_dict()
