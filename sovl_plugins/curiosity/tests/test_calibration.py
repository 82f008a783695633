"""Calibrated ignorance: the fit, what it is judged on, how it is kept."""

from __future__ import annotations

import json
import math
import random

import pytest

from sovl_curiosity.calibration import FEWEST, Calibration, calibrate
from sovl_curiosity.signals import Signals


def signals(probability=0.5, entropy=1.0, recalled=0.0):
    return Signals(probability, probability / 2, entropy, 2 * entropy, 1.0, recalled)


def drawn(rng, count, centre, recalled=0.0):
    return [signals(rng.gauss(0.5, 0.1), rng.gauss(centre, 0.3), recalled) for _ in range(count)]


@pytest.fixture
def by_entropy():
    """The two sides differ in entropy alone; probabilities say nothing."""
    rng = random.Random(1)
    return calibrate(drawn(rng, 40, 1.0), drawn(rng, 20, 3.0))


def test_it_finds_the_signal_that_tells(by_entropy):
    assert by_entropy.ignorance(signals(entropy=0.8)) < 0.1
    assert by_entropy.ignorance(signals(entropy=3.2)) > 0.9
    assert (by_entropy.known, by_entropy.unknown) == (40, 20)
    assert by_entropy.area > 0.95
    assert by_entropy.classic_area < 0.8
    assert by_entropy.trusted


def test_both_sides_weigh_the_same_however_many_there_are():
    rng = random.Random(2)
    made = calibrate(drawn(rng, 200, 1.0), drawn(rng, 20, 3.0))
    assert made.ignorance(signals(entropy=2.0)) == pytest.approx(0.5, abs=0.2)


def test_a_gradient_of_the_penalised_likelihood_is_left_nowhere(by_entropy):
    """The fit is an optimum: moving any weight a little either way fits worse."""
    rng = random.Random(1)
    known, unknown = drawn(rng, 40, 1.0), drawn(rng, 20, 3.0)

    def cost(made):
        each = [(-math.log(1 - made.ignorance(s)), 60 / 2 / 40) for s in known]
        each += [(-math.log(made.ignorance(s)), 60 / 2 / 20) for s in unknown]
        return sum(value * weight for value, weight in each) + sum(w * w for w in made.weights) / 2

    best = cost(by_entropy)
    for place in range(len(by_entropy.weights)):
        for change in (-0.01, 0.01):
            weights = list(by_entropy.weights)
            weights[place] += change
            moved = Calibration.from_dict({**by_entropy.to_dict(), "weights": weights})
            assert cost(moved) > best
    assert cost(Calibration.from_dict({**by_entropy.to_dict(), "bias": by_entropy.bias + 0.01})) > best


def test_too_few_of_either_side_calibrate_nothing():
    enough, few = [signals()] * FEWEST, [signals()] * (FEWEST - 1)
    assert calibrate(enough, few) is None
    assert calibrate(few, enough) is None
    assert calibrate(enough, enough) is not None


def test_noise_is_judged_on_what_it_was_not_fitted_to():
    """Fitted and judged on the same questions any noise would rank above chance."""
    rng = random.Random(5)
    areas = [calibrate(drawn(rng, 8, 1.0), drawn(rng, 8, 1.0)).area for _ in range(40)]
    assert sum(areas) / len(areas) == pytest.approx(0.5, abs=0.08)


def test_one_that_ranks_worse_than_the_classic_formula_is_not_trusted():
    values = {**calibrate([signals()] * 8, [signals()] * 8).to_dict(), "area": 0.6, "classic_area": 0.7}
    assert not Calibration.from_dict(values).trusted


def test_signals_that_are_the_same_everywhere_say_nothing_and_break_nothing():
    made = calibrate([signals(entropy=1.0)] * 10, [signals(entropy=2.0)] * 10)
    assert made.ignorance(signals(entropy=1.0, recalled=0.0)) < 0.2
    assert math.isfinite(made.ignorance(signals(entropy=1e9)))


def test_it_is_kept_as_json(by_entropy):
    again = Calibration.from_dict(json.loads(json.dumps(by_entropy.to_dict())))
    assert again == by_entropy


@pytest.mark.parametrize(
    "change", [{"signals": ["length"]}, {"weights": [1.0]}, {"bias": None}, {"means": "nothing"}, {"known": "many"}]
)
def test_what_cannot_be_used_any_more_is_left(by_entropy, change):
    assert Calibration.from_dict({**by_entropy.to_dict(), **change}) is None
