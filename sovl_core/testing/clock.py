"""A clock that a test moves."""

from __future__ import annotations


class FakeClock:
    """Seconds since the epoch that pass only when told to.

    :param now: where it stands; set ``now`` to move it.
    :param tick: seconds that pass by themselves each time somebody looks.
    """

    def __init__(self, now: float = 1_700_000_000.0, tick: float = 0.0) -> None:
        self.now = now
        self.tick = tick

    def __call__(self) -> float:
        """Return the time."""
        self.now += self.tick
        return self.now

    def advance(self, seconds: float) -> None:
        """Let so many seconds pass."""
        self.now += seconds
