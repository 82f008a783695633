"""How long each plugin takes in each hook, always measured; and the trace that shows calls, order and time.

A plugin's time is its own: what it spends waiting for the inner implementations, or for hooks that are called while
it runs, is not counted.
"""

from __future__ import annotations

import threading
import time
from typing import Any, Callable, Dict, Optional, Tuple

#: Name under which the kernel's own innermost implementations appear in the trace.
KERNEL = "kernel"


class _Thread(threading.local):
    def __init__(self) -> None:
        # Seconds spent in hook calls that began within what is being measured at the moment.
        self.nested = 0.0
        self.depth = 0


class HookTimer:
    """Measures hook calls.

    :param trace: receives a line for each call and each implementation; None traces nothing.
    :param timer: seconds from any fixed point.
    """

    def __init__(
        self, trace: Optional[Callable[[str], None]] = None, timer: Callable[[], float] = time.perf_counter
    ) -> None:
        self._trace = trace
        self._timer = timer
        self._thread = _Thread()
        self._lock = threading.Lock()
        self._spent: Dict[Tuple[str, str], Tuple[int, float]] = {}

    def whole(self, hook: str, function: Callable[..., Any], *arguments: Any) -> Any:
        """Run one whole hook call; its time counts as nested for whoever made the call."""
        thread = self._thread
        nested = thread.nested
        self.say(hook)
        thread.depth += 1
        started = self._timer()
        try:
            return function(*arguments)
        finally:
            elapsed = self._timer() - started
            thread.depth -= 1
            thread.nested = nested + elapsed
            if self._trace is not None:
                self.say(f"{hook} took {_milliseconds(elapsed)}")

    def part(self, who: str, hook: str, stage: str, function: Callable[..., Any], *arguments: Any) -> Any:
        """Run one implementation, or one half of a wrapper, and book its time.

        :param stage: word for the trace: ``begins``, ``ends`` or ``unwinds`` for a wrapper, ``runs`` otherwise; a
            wrapper counts as one call, when it begins.
        """
        thread = self._thread
        nested, thread.nested = thread.nested, 0.0
        started = self._timer()
        try:
            return function(*arguments)
        finally:
            own = self._timer() - started - thread.nested
            thread.nested = nested
            if who != KERNEL:
                self._book(who, hook, 1 if stage in ("runs", "begins") else 0, own)
            if self._trace is not None:
                self.say(f"{who} {stage} {_milliseconds(own)}")

    def say(self, text: str) -> None:
        """Add a line to the trace, indented by how deep the call is nested."""
        if self._trace is not None:
            self._trace("  " * self._thread.depth + text)

    def timings(self) -> Dict[str, Dict[str, Tuple[int, float]]]:
        """Return calls and seconds by plugin and hook."""
        with self._lock:
            spent = dict(self._spent)
        result: Dict[str, Dict[str, Tuple[int, float]]] = {}
        for (who, hook), entry in spent.items():
            result.setdefault(who, {})[hook] = entry
        return result

    def _book(self, who: str, hook: str, calls: int, seconds: float) -> None:
        key = (who, hook)
        with self._lock:
            count, total = self._spent.get(key, (0, 0.0))
            self._spent[key] = (count + calls, total + seconds)


def _milliseconds(seconds: float) -> str:
    return f"{seconds * 1000:.3f} ms"
