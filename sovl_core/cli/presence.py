"""Whether somebody is there: since when nobody has typed, and whether the session waits for input."""

from __future__ import annotations

import threading
import time
from typing import Callable


class Presence:
    """Measures silence; safe from many threads.

    :param clock: seconds from a steady clock.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._last = clock()
        self._listening = False

    def touch(self) -> None:
        """Take note of a key, a turn, or something said."""
        with self._lock:
            self._last = self._clock()

    def begin_listening(self) -> None:
        """Take note that the session waits for input; silence is counted from now."""
        with self._lock:
            self._last = self._clock()
            self._listening = True

    def end_listening(self) -> None:
        """Take note that a line was entered and is being worked on."""
        with self._lock:
            self._listening = False

    @property
    def listening(self) -> bool:
        """True while the session waits for input."""
        with self._lock:
            return self._listening

    def silence(self) -> float:
        """Return for how many seconds nothing has happened."""
        with self._lock:
            return self._clock() - self._last
