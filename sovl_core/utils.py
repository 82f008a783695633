"""The two formulas that several modules share: confidence of a reply, weight on the life curve. Numbers only."""

from __future__ import annotations

import math
from typing import Optional, Sequence

#: Confidence when nothing was generated or measured.
NEUTRAL_CONFIDENCE = 0.5
#: Confidence when the probabilities hardly differ, which a reply of any substance never shows.
FLAT_CONFIDENCE = 0.2
#: Variance of the probabilities below which they count as flat.
FLAT_VARIANCE = 1e-5
#: Names of the life curves, as in the setting ``lifecycle.curve``.
LIFE_CURVES = ("classic", "sigmoid_linear", "exponential")


def calculate_confidence_score(probabilities: Sequence[float]) -> float:
    """Return how sure a reply was: the mean, over generated tokens, of the largest softmax probability.

    0.2 where the probabilities are flat (sample variance below 1e-5 over at least two tokens), 0.5 where nothing can be
    computed (no token, or a value that is not finite). Source: SOVL's classic formula.

    :param probabilities: for each generated token the largest probability of its distribution, 0 to 1.
    :return: confidence in [0, 1].
    """
    count = len(probabilities)
    if count == 0 or not all(math.isfinite(p) for p in probabilities):
        return NEUTRAL_CONFIDENCE
    mean = math.fsum(probabilities) / count
    if count > 1:
        variance = math.fsum((p - mean) ** 2 for p in probabilities) / (count - 1)
        if variance < FLAT_VARIANCE:
            return FLAT_CONFIDENCE
    return max(0.0, min(1.0, mean))


def get_life_curve_weight(
    exposure: float,
    capacity: Optional[float],
    curve: str = "classic",
    sigmoid_scale: float = 0.5,
    sigmoid_shift: float = 5.0,
) -> float:
    """Return how far a life has come, as a weight that grows with what it has gone through.

    With x = exposure / capacity: ``classic`` is 1 - exp(-2x), ``exponential`` 1 - exp(-x), ``sigmoid_linear``
    1 / (1 + exp(-scale (x - shift))). Source: SOVL's classic formulas.

    :param exposure: what the life has gone through (``Vitals.exposure``); below 0 counts as 0.
    :param capacity: how much it can take in; x is 0 where it is None, 0 or not finite.
    :param curve: one of :data:`LIFE_CURVES`.
    :param sigmoid_scale: steepness of ``sigmoid_linear``.
    :param sigmoid_shift: x at which ``sigmoid_linear`` reaches one half.
    :return: weight in [0, 1], never falling as exposure grows.
    :raises ValueError: for an unknown curve.
    """
    x = 0.0
    if capacity is not None and math.isfinite(capacity) and capacity > 0:
        x = max(0.0, exposure) / capacity
    if curve == "classic":
        return -math.expm1(-2.0 * x)
    if curve == "exponential":
        return -math.expm1(-x)
    if curve == "sigmoid_linear":
        return _sigmoid(sigmoid_scale * (x - sigmoid_shift))
    raise ValueError(f"unknown life curve {curve!r}; known are {', '.join(LIFE_CURVES)}")


def _sigmoid(z: float) -> float:
    # exp of a large positive number overflows; either branch only takes exp of what is not positive.
    if z >= 0:
        return 1.0 / (1.0 + math.exp(-z))
    return math.exp(z) / (1.0 + math.exp(z))
