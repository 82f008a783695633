"""When a dream is due: confidence swings, or temperament has moved."""

from __future__ import annotations

from statistics import mean, pvariance
from typing import Sequence

from sovl_dream.settings import DreamSettings


def should_dream(
    confidences: Sequence[float], temperaments: Sequence[float], temperament_at_sleep: float, settings: DreamSettings
) -> bool:
    """Return True when a dream is due.

    :param confidences: the latest, up to 5: due when their variance exceeds ``swing``.
    :param temperaments: the latest, oldest first: due when the last left ``temperament_at_sleep`` by more than
        ``temperament_change``, or the mean distance from the first exceeds ``temperament_drift``.
    """
    if len(confidences) > 1 and pvariance(confidences) > settings.swing:
        return True
    if not settings.by_temperament or not temperaments:
        return False
    if abs(temperaments[-1] - temperament_at_sleep) > settings.temperament_change:
        return True
    drifts = [abs(value - temperaments[0]) for value in temperaments[1:]]
    return bool(drifts) and mean(drifts) > settings.temperament_drift
