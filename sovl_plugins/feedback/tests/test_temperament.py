"""The formulas against the specification's numbers, and the bounds that hold for all inputs."""

from __future__ import annotations

import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sovl_feedback.temperament import (
    adjust_temperament,
    life_stage,
    restless_drop,
    sampling_temperature,
    stage_bias,
    temperament_label,
    temperament_target,
    update_temperament,
)

pytestmark = pytest.mark.no_torch

mood = st.floats(-1, 1)
share = st.floats(0, 1)


@pytest.mark.parametrize(
    ("exposure", "capacity", "stage"),
    [(0, 100, 0.0), (25, 100, 0.25), (300, 100, 1.0), (5, None, 0.0), (5, 0, 0.0), (-3, 10, 0.0)],
)
def test_life_stage_is_the_share_of_capacity(exposure, capacity, stage):
    assert life_stage(exposure, capacity) == stage


def test_bias_of_a_young_life_falls_from_the_boost_to_nothing():
    assert stage_bias(0.0, [], boost=0.4) == pytest.approx(0.4)
    assert stage_bias(0.125, [], boost=0.4) == pytest.approx(0.2)
    assert stage_bias(0.25, [], boost=0.4) == pytest.approx(0.0)


def test_bias_in_mid_life_is_the_variance_of_five_temperaments():
    history = [0.1, -0.4, 0.3, 0.5, -0.2]
    assert stage_bias(0.5, history) == pytest.approx(-0.2 * statistics.variance(history))
    assert stage_bias(0.5, history[:4]) == 0.0


def test_bias_of_an_old_life_falls_to_minus_the_boost():
    assert stage_bias(0.75, [], boost=0.4) == pytest.approx(0.0)
    assert stage_bias(1.0, [], boost=0.4) == pytest.approx(-0.4)


def test_target_adds_the_extra_pull_of_confidence():
    assert temperament_target(0.6, 0.5, confidence_strength=0.5) == pytest.approx(2 * 0.1 + 0.5 * 0.1)
    assert temperament_target(None, 0.5) == 0.0
    assert temperament_target(1.0, 0.0) == 1.0


def test_update_goes_a_tenth_of_the_way():
    target = temperament_target(0.8, 0.5)
    assert update_temperament(0.0, 0.8, 0.5) == pytest.approx(0.1 * target)
    assert update_temperament(0.0, 0.8, 0.5, smoothing=0.5) == pytest.approx(0.05 * target)
    assert update_temperament(0.3, 0.8, 0.5, smoothing=1.0) == pytest.approx(0.3)


@pytest.mark.parametrize(("temperament", "drop"), [(-0.6, 0.0), (-0.5, 0.0), (-0.4, 0.2), (0.0, 0.2), (0.1, 0.0)])
def test_only_a_restless_mood_drops(temperament, drop):
    assert restless_drop(temperament, 0.2) == drop
    moved = update_temperament(temperament, 0.6, 0.5, drop=0.2)
    assert moved == pytest.approx(update_temperament(temperament, 0.6, 0.5) - 0.1 * drop)


def test_update_arrives_at_the_target():
    temperament = -1.0
    for _ in range(200):
        temperament = update_temperament(temperament, 0.7, 0.5)
    assert temperament == pytest.approx(temperament_target(0.7, 0.5), abs=1e-6)


@given(mood, share, share, st.lists(mood, max_size=8), share)
def test_update_stays_in_bounds_and_never_moves_away(temperament, confidence, stage, history, smoothing):
    target = temperament_target(confidence, stage, history)
    after = update_temperament(temperament, confidence, stage, history, smoothing=smoothing)
    assert -1 <= after <= 1
    assert abs(target - after) <= abs(target - temperament) + 1e-12


@given(mood, st.floats(-5, 5), share)
def test_rating_moves_in_its_direction_by_its_strength_at_most(temperament, rating, strength):
    after = adjust_temperament(temperament, rating, strength)
    assert -1 <= after <= 1
    assert (after - temperament) * rating >= 0
    assert abs(after - temperament) <= strength + 1e-12


@pytest.mark.parametrize(
    ("temperament", "label"),
    [
        (-1, "melancholic"),
        (-0.5, "melancholic"),
        (-0.49, "restless"),
        (0, "restless"),
        (0.01, "calm"),
        (0.5, "calm"),
        (0.51, "curious"),
    ],
)
def test_labels_at_their_borders(temperament, label):
    assert temperament_label(temperament) == label


def test_sampling_moves_by_influence_and_swing():
    assert sampling_temperature(0.7, 1.0, 0.5) == pytest.approx(0.85)
    assert sampling_temperature(0.7, -1.0, 1.0) == 0.5
    assert sampling_temperature(1.4, 1.0, 1.0) == 1.5


def test_greedy_stays_greedy_and_no_influence_changes_nothing():
    assert sampling_temperature(0.0, 1.0, 1.0) == 0.0
    assert sampling_temperature(0.2, 1.0, 0.0) == 0.2


@given(st.floats(0.01, 2), mood, share)
def test_sampling_never_moves_further_than_the_swing(base, temperament, influence):
    moved = sampling_temperature(base, temperament, influence)
    assert abs(moved - base) <= 0.3 * influence * abs(temperament) + 1e-12
    assert min(0.5, base) <= moved <= max(1.5, base)
