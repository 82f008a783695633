"""When a dream is due."""

from __future__ import annotations

import pytest

from sovl_dream.conditions import should_dream
from sovl_dream.settings import DreamSettings

pytestmark = pytest.mark.no_torch


@pytest.mark.parametrize(
    ("confidences", "temperaments", "at_sleep", "due"),
    [
        ([], [], 0.0, False),
        ([0.9], [], 0.0, False),
        ([0.5, 0.5], [], 0.0, False),
        ([0.0, 1.0], [], 0.0, True),  # variance 1/4
        ([], [0.05], 0.0, False),
        ([], [0.2], 0.0, True),
        ([], [-0.2], 0.0, True),
        ([], [0.2], 0.2, False),
        ([], [0.0, 0.9, 0.0], 0.0, True),  # mean distance from the first .45
        ([], [0.0, 0.2, 0.0], 0.0, False),  # .1
    ],
)
def test_each_branch(confidences, temperaments, at_sleep, due):
    assert should_dream(confidences, temperaments, at_sleep, DreamSettings()) is due


def test_temperament_can_be_left_out_but_confidence_cannot():
    settings = DreamSettings(by_temperament=False)
    assert not should_dream([], [1.0], 0.0, settings)
    assert should_dream([0.0, 1.0], [1.0], 0.0, settings)


def test_thresholds_are_settings():
    assert not should_dream([0.0, 1.0], [], 0.0, DreamSettings(swing=0.3))
    assert not should_dream([], [0.5], 0.0, DreamSettings(temperament_change=0.6))
    assert not should_dream([], [0.0, 0.9, 0.0], 0.0, DreamSettings(temperament_drift=0.5))
