"""How long each plugin takes in each hook, always measured; and the trace that shows calls, order, time, results.

A plugin's time is its own: what it spends waiting for the inner implementations, or for hooks that are called while
it runs, is not counted.
"""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any, Callable, Dict, List, Optional, Tuple

from sovl_core.plugin_trace import in_short

if TYPE_CHECKING:
    from sovl_core.plugin_watchdog import HookWatch

#: Name under which the kernel's own innermost implementations appear in the trace.
KERNEL = "kernel"
# Stages that begin a call; a wrapper's second half and a loss term belong to a call that was counted before.
_COUNTED = frozenset(("runs", "begins"))


class _State:
    """How far one thread is in its hook calls; ``nested`` is seconds spent in calls within what is being measured."""

    __slots__ = ("depth", "nested")

    def __init__(self) -> None:
        self.nested = 0.0
        self.depth = 0


class _Thread(threading.local):
    def __init__(self) -> None:
        self.state = _State()


class HookTimer:
    """Measures hook calls.

    :param trace: receives a line for each call and each implementation; None traces nothing.
    :param timer: seconds from any fixed point.
    :param watch: notices who does not come back; None watches nobody.
    """

    def __init__(
        self,
        trace: Optional[Callable[[str], None]] = None,
        timer: Callable[[], float] = time.perf_counter,
        watch: Optional[HookWatch] = None,
    ) -> None:
        self._run: Callable[..., Any] = _unwatched if watch is None else watch.during
        self._trace = trace
        self._timer = timer
        self._thread = _Thread()
        self._lock = threading.Lock()
        self._spent: Dict[Tuple[str, str], List[float]] = {}

    def whole(self, hook: str, function: Callable[..., Any], *arguments: Any) -> Any:
        """Run one whole hook call; its time counts as nested for whoever made the call."""
        state = self._thread.state
        nested = state.nested
        if self._trace is not None:
            self.say(hook)
        state.depth += 1
        started = self._timer()
        try:
            return self._run(KERNEL, hook, function, *arguments)
        finally:
            elapsed = self._timer() - started
            state.depth -= 1
            state.nested = nested + elapsed
            if self._trace is not None:
                self.say(f"{hook} took {_milliseconds(elapsed)}")

    def part(self, who: str, hook: str, stage: str, function: Callable[..., Any], *arguments: Any) -> Any:
        """Run one implementation, or one half of a wrapper, and book its time.

        :param stage: word for the trace: ``begins``, ``ends`` or ``unwinds`` for a wrapper, ``runs`` otherwise; a
            wrapper counts as one call, when it begins.
        """
        state = self._thread.state
        nested, state.nested = state.nested, 0.0
        result: Any = None
        started = self._timer()
        try:
            result = self._run(who, hook, function, *arguments)
            return result
        except StopIteration as stop:  # how a wrapper returns that an exception was thrown into
            result = stop.value
            raise
        finally:
            own = self._timer() - started - state.nested
            state.nested = nested
            if who != KERNEL:
                with self._lock:
                    entry = self._spent.get((who, hook))
                    if entry is None:
                        entry = self._spent[who, hook] = [0, 0.0]
                    entry[0] += stage in _COUNTED
                    entry[1] += own
            if self._trace is not None:
                said = in_short(result)
                self.say(f"{who} {stage} {_milliseconds(own)}" + (f": {said}" if said else ""))

    def say(self, text: str) -> None:
        """Add a line to the trace, indented by how deep the call is nested."""
        if self._trace is not None:
            self._trace("  " * self._thread.state.depth + text)

    def timings(self) -> Dict[str, Dict[str, Tuple[int, float]]]:
        """Return calls and seconds by plugin and hook."""
        result: Dict[str, Dict[str, Tuple[int, float]]] = {}
        with self._lock:
            for (who, hook), (calls, seconds) in self._spent.items():
                result.setdefault(who, {})[hook] = (int(calls), seconds)
        return result


def _unwatched(who: str, hook: str, function: Callable[..., Any], *arguments: Any) -> Any:
    return function(*arguments)


def _milliseconds(seconds: float) -> str:
    return f"{seconds * 1000:.3f} ms"
