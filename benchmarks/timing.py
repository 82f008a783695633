"""Timing two functions in turn, so that whatever the machine does besides costs both alike."""

from __future__ import annotations

import time
from typing import Any, Callable, List, NamedTuple

from sovl_core.call_stack import with_room


class Pair(NamedTuple):
    """Seconds of both, one a round."""

    ours: List[float]
    other: List[float]


class Paired:
    """Runs a pair of functions in turn; the first under pytest-benchmark.

    :param benchmark: its fixture; each test may use it once.
    :param rounds: how often, after one warm-up each.
    """

    def __init__(self, benchmark: Any, rounds: int) -> None:
        self._benchmark, self._rounds = benchmark, rounds

    def __call__(
        self, ours: Callable[[], Any], other: Callable[[], Any], warm_up: bool = True, rounds: int = 0
    ) -> Pair:
        """Return the seconds of each round.

        :param warm_up: False where one run takes minutes.
        :param rounds: 0 for as many as any turn has.
        """
        if warm_up:
            other()
            ours()
        pair = Pair([], [])

        def timed() -> None:
            pair.ours.append(seconds_of(ours))

        self._benchmark.pedantic(
            timed, setup=lambda: pair.other.append(seconds_of(other)), rounds=rounds or self._rounds
        )
        return pair


@with_room
def seconds_of(work: Callable[[], Any]) -> float:
    """Return how long something took, with room for its calls whichever side it is on and however deep it is timed."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started
