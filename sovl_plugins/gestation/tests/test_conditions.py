from __future__ import annotations

import pytest

from sovl_gestation import GestationSettings, should_gestate

pytestmark = pytest.mark.no_torch

SETTINGS = GestationSettings(minimum_memories=3, minimum_confidence=0.6)


@pytest.mark.parametrize(
    ("memories", "confidence", "due"),
    [
        (2, 0.9, False),
        (2, None, False),
        (3, 0.9, True),
        (3, 0.6, False),
        (3, 0.1, False),
        (3, None, True),
        (500, 0.61, True),
        (0, None, False),
    ],
)
def test_a_night_is_due_when_enough_has_gathered_and_the_day_was_confident(memories, confidence, due):
    assert should_gestate(memories, confidence, SETTINGS) is due
