from __future__ import annotations

import math

import pytest

from sovl_gestation.learning_rate import night_learning_rate

pytestmark = pytest.mark.no_torch


@pytest.mark.parametrize(
    ("exposure", "capacity", "share"), [(0, 100, 0.5), (100, 100, 0.5 * math.exp(-1)), (7, None, 0.5), (7, 0, 0.5)]
)
def test_the_classic_rate_falls_with_what_a_life_has_gone_through(exposure, capacity, share):
    assert night_learning_rate(1e-3, "life_curve", exposure, capacity) == pytest.approx(share * 1e-3)
    assert night_learning_rate(1e-3, "steady", exposure, capacity) == 1e-3
