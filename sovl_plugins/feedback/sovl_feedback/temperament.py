"""The formulas of temperament: where it is drawn to, how it moves, what it is called, what it does to sampling.

Source of all formulas: SOVL's classic specification (``docs/parity.md``, Temperament). Numbers in, numbers out.
"""

from __future__ import annotations

from typing import Optional, Sequence

LOWEST, HIGHEST = -1.0, 1.0
#: Below this share of its capacity a life is young, above :data:`OLD` it is old.
YOUNG, OLD = 0.25, 0.75
#: Share of the way to the target that one update goes without smoothing.
SPEED = 0.1
#: Temperaments that are needed before their variance says anything.
VARIANCE_HISTORY = 5
#: Change of the sampling temperature at full influence and temperament 1.
SAMPLING_SWING = 0.3
#: Mean confidence where nothing was measured.
NEUTRAL_CONFIDENCE = 0.5


def life_stage(exposure: float, capacity: Optional[float]) -> float:
    """Return exposure as a share of capacity, in [0, 1]; 0 while the capacity is unknown."""
    if not capacity or capacity <= 0:
        return 0.0
    return max(0.0, min(1.0, exposure / capacity))


def stage_bias(stage: float, history: Sequence[float], boost: float = 0.5, variance_drop: float = 0.2) -> float:
    """Return what the stage of life adds to the target.

    :param stage: share of the capacity that is used, in [0, 1].
    :param history: recent temperaments, at least five of them for an effect in mid-life.
    :return: ``boost(1 - s/¼)`` when young, ``-variance_drop·var(history)`` in the middle, ``-boost(s - ¾)/¼`` when old.
    """
    if stage < YOUNG:
        return boost * (1.0 - stage / YOUNG)
    if stage < OLD:
        return -variance_drop * _variance(history)
    return -boost * (stage - OLD) / (1.0 - OLD)


def temperament_target(
    mean_confidence: Optional[float],
    stage: float,
    history: Sequence[float] = (),
    *,
    boost: float = 0.5,
    confidence_strength: float = 0.5,
    variance_drop: float = 0.2,
    drop: float = 0.0,
) -> float:
    """Return where the temperament is drawn to, in [-1, 1]: ``2(c - ½) + bias + k(c - ½) - drop``.

    :param mean_confidence: c, mean confidence since the last sleep in [0, 1]; None counts as ½.
    :param stage: share of the capacity that is used, in [0, 1].
    :param history: recent temperaments.
    :param drop: taken off; :func:`restless_drop` says when.
    """
    surplus = (NEUTRAL_CONFIDENCE if mean_confidence is None else mean_confidence) - 0.5
    bias = stage_bias(stage, history, boost, variance_drop)
    return _clamp(2.0 * surplus + bias + confidence_strength * surplus - drop)


def restless_drop(temperament: float, drop: float) -> float:
    """Return what a restless mood takes off the target: ``drop`` while it is restless, else 0.

    The classic program had this number and never read it; 0 is its formula as it worked.
    """
    return drop if temperament_label(temperament) == "restless" else 0.0


def update_temperament(
    temperament: float,
    mean_confidence: Optional[float],
    stage: float,
    history: Sequence[float] = (),
    *,
    boost: float = 0.5,
    confidence_strength: float = 0.5,
    variance_drop: float = 0.2,
    drop: float = 0.0,
    smoothing: float = 0.0,
) -> float:
    """Return the temperament after one reply: it goes ``0.1(1 - smoothing)`` of the way to its target.

    :param temperament: the present value, in [-1, 1].
    :param mean_confidence: mean confidence since the last sleep in [0, 1]; None counts as ½.
    :param stage: share of the capacity that is used, in [0, 1].
    :param history: recent temperaments.
    :param drop: taken off the target while the mood is restless.
    :return: the new value, in [-1, 1].
    """
    target = temperament_target(
        mean_confidence,
        stage,
        history,
        boost=boost,
        confidence_strength=confidence_strength,
        variance_drop=variance_drop,
        drop=restless_drop(temperament, drop),
    )
    step = SPEED * (1.0 - smoothing)
    return _clamp(temperament + step * (target - temperament))


def adjust_temperament(temperament: float, rating: float, strength: float = 0.1) -> float:
    """Return the temperament after a rating: it moves by ``strength·rating`` at once.

    :param temperament: the present value, in [-1, 1].
    :param rating: -1 (bad) to 1 (good); values outside count as the nearest end.
    :return: the new value, in [-1, 1].
    """
    return _clamp(temperament + strength * _clamp(rating))


def temperament_label(temperament: float) -> str:
    """Return the mood's name: melancholic ≤ -0.5 < restless ≤ 0 < calm ≤ 0.5 < curious."""
    if temperament <= -0.5:
        return "melancholic"
    if temperament <= 0.0:
        return "restless"
    return "calm" if temperament <= 0.5 else "curious"


def sampling_temperature(
    base: float, temperament: float, influence: float, lowest: float = 0.5, highest: float = 1.5
) -> float:
    """Return the sampling temperature in a mood: ``base + influence·0.3·temperament``, within [lowest, highest].

    A base of 0 decodes greedily and stays so. A base that was set outside the range widens the range to itself, so
    that a mood without influence changes nothing.
    """
    if base <= 0.0 or influence == 0.0:
        return base
    moved = base + influence * SAMPLING_SWING * temperament
    return max(min(lowest, base), min(max(highest, base), moved))


def _clamp(value: float) -> float:
    return max(LOWEST, min(HIGHEST, value))


def _variance(values: Sequence[float]) -> float:
    if len(values) < VARIANCE_HISTORY:
        return 0.0
    mean = sum(values) / len(values)
    return sum((value - mean) ** 2 for value in values) / (len(values) - 1)
