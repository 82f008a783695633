"""How fast a night learns: always alike, or less the older the life is."""

from __future__ import annotations

import math
from typing import Optional


def night_learning_rate(learning_rate: float, curve: str, exposure: float, capacity: Optional[float]) -> float:
    """Return the peak learning rate of tonight.

    ``steady`` is the setting as it is: a night that is too short to teach what it dreams is worth nothing, however old
    the life. ``life_curve`` is the classic ``½·lr·exp(-x)`` with x = exposure / capacity, 0 while that is unknown.

    :param learning_rate: the setting.
    :param curve: ``steady`` or ``life_curve``.
    :param exposure: what the life has gone through.
    :param capacity: how much it can take in.
    """
    if curve == "steady":
        return learning_rate
    x = max(0.0, exposure) / capacity if capacity and capacity > 0 else 0.0
    return 0.5 * learning_rate * math.exp(-x)
