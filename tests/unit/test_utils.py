from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sovl_core.utils import LIFE_CURVES, calculate_confidence_score, get_life_curve_weight

pytestmark = pytest.mark.no_torch

PROBABILITY = st.floats(0, 1)
EXPOSURE = st.floats(0, 1e9)


def test_confidence_is_the_mean_of_the_largest_probabilities():
    assert calculate_confidence_score([0.9, 0.5, 0.1]) == pytest.approx(0.5)


def test_confidence_of_one_token_is_its_probability():
    assert calculate_confidence_score([0.8]) == pytest.approx(0.8)


@pytest.mark.parametrize("probabilities", [[0.5, 0.5], [0.999, 0.9991, 0.9992]])
def test_flat_probabilities_give_low_confidence(probabilities):
    assert calculate_confidence_score(probabilities) == 0.2


def test_flatness_is_the_sample_variance():
    # Variances (over n-1) just below and above 1e-5 for two values: difference squared, halved.
    assert calculate_confidence_score([0.5, 0.5 + math.sqrt(1.9e-5)]) == 0.2
    assert calculate_confidence_score([0.5, 0.5 + math.sqrt(2.1e-5)]) == pytest.approx(0.502, abs=1e-3)


@pytest.mark.parametrize("probabilities", [[], (), [float("nan")], [0.5, float("inf")]])
def test_confidence_is_neutral_where_nothing_can_be_computed(probabilities):
    assert calculate_confidence_score(probabilities) == 0.5


@given(st.lists(PROBABILITY))
def test_confidence_is_a_share(probabilities):
    assert 0.0 <= calculate_confidence_score(probabilities) <= 1.0


@given(st.lists(PROBABILITY, min_size=1))
def test_confidence_does_not_depend_on_the_order(probabilities):
    assert calculate_confidence_score(probabilities) == pytest.approx(calculate_confidence_score(probabilities[::-1]))


@pytest.mark.parametrize(
    ("curve", "x", "weight"),
    [
        ("classic", 0.0, 0.0),
        ("classic", 0.5, 1 - math.exp(-1)),
        ("classic", 1e6, 1.0),
        ("exponential", 1.0, 1 - math.exp(-1)),
        ("sigmoid_linear", 5.0, 0.5),
        ("sigmoid_linear", 0.0, 1 / (1 + math.exp(2.5))),
        ("sigmoid_linear", 1e9, 1.0),
    ],
)
def test_life_curves(curve, x, weight):
    assert get_life_curve_weight(x * 40, 40, curve) == pytest.approx(weight)


def test_sigmoid_takes_scale_and_shift():
    weight = get_life_curve_weight(3, 1, "sigmoid_linear", sigmoid_scale=2.0, sigmoid_shift=1.0)

    assert weight == pytest.approx(1 / (1 + math.exp(-4)))


@pytest.mark.parametrize("capacity", [None, 0, -1, float("nan"), float("inf")])
def test_life_without_capacity_has_not_begun(capacity):
    assert get_life_curve_weight(100, capacity) == 0.0


@given(st.sampled_from(LIFE_CURVES), EXPOSURE, EXPOSURE, st.floats(1e-3, 1e9))
def test_weight_is_a_share_that_never_falls(curve, one, other, capacity):
    low, high = (get_life_curve_weight(exposure, capacity, curve) for exposure in sorted((one, other)))

    assert 0.0 <= low <= high <= 1.0


@given(st.sampled_from(LIFE_CURVES), st.floats(-1e300, 1e300), st.floats(1e-300, 1e300))
def test_weight_never_overflows(curve, exposure, capacity):
    assert 0.0 <= get_life_curve_weight(exposure, capacity, curve) <= 1.0


def test_unknown_curve_is_refused_with_the_known_ones():
    with pytest.raises(ValueError, match=r"'linear'.*classic, sigmoid_linear, exponential"):
        get_life_curve_weight(1, 1, "linear")
