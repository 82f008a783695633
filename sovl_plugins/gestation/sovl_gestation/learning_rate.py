"""How fast a night learns: always alike, or less the older the life is."""

from __future__ import annotations

from typing import Optional

from sovl_core.utils import get_life_curve_weight


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
    return 0.5 * learning_rate * (1.0 - get_life_curve_weight(exposure, capacity, "exponential"))
