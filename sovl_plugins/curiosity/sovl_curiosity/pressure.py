"""Curiosity pressure: builds up with mood, doubt and silence until it erupts into a question."""

from __future__ import annotations

import random

#: Source of the rates: SOVL's classic specification (``docs/parity.md``, Curiosity pressure).
PER_TEMPERAMENT = 0.1
PER_DOUBT = 0.05
PER_SECOND = 0.02


class CuriosityPressure:
    """A pressure in [0, 1]."""

    def __init__(self, value: float = 0.0) -> None:
        self.value = _clamp(value)

    def update(self, temperament: float, confidence: float, silence: float = 0.0) -> float:
        """Add ``0.1·temperament + 0.05(1 - confidence) + 0.02·silence`` and return the pressure.

        :param temperament: in [-1, 1]; a low mood takes pressure off.
        :param confidence: of the reply, in [0, 1].
        :param silence: seconds not counted before.
        """
        self.value = _clamp(
            self.value + PER_TEMPERAMENT * temperament + PER_DOUBT * (1.0 - confidence) + PER_SECOND * silence
        )
        return self.value

    def wait(self, seconds: float) -> float:
        """Add what silence alone adds, and return the pressure."""
        self.value = _clamp(self.value + PER_SECOND * max(0.0, seconds))
        return self.value

    def should_erupt(self, threshold: float, chance: float, rng: random.Random) -> bool:
        """Return True, above the threshold, with the given chance."""
        return self.value > threshold and rng.random() < chance

    def drop(self, amount: float) -> float:
        """Take pressure off and return what is left."""
        self.value = _clamp(self.value - amount)
        return self.value


def _clamp(value: float) -> float:
    return max(0.0, min(1.0, value))
