"""Keeps track of one silence after the other: how much of it is new, how often was spoken into it."""

from __future__ import annotations


class Silence:
    """The silence that lasts at the moment; it ends with the user's next turn, not with what the system says."""

    def __init__(self) -> None:
        self._seen = 0.0
        self.eruptions = 0

    def notice(self, seconds: float) -> float:
        """Take note of how long it has been silent, and return the seconds that were not counted before.

        :param seconds: since a key, a turn or something said; fewer than at the last call when there was one since.
        """
        new = seconds - self._seen if seconds >= self._seen else seconds
        self._seen = seconds
        return max(0.0, new)

    def end(self) -> None:
        """The user speaks: another silence begins after it."""
        self._seen = 0.0
        self.eruptions = 0
