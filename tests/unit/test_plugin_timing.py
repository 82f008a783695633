"""Time per plugin and hook, by a clock that is moved by hand; the trace."""

from __future__ import annotations

import threading
from typing import Any, List

import pytest

from sovl_core.plugin_timing import KERNEL, HookTimer

pytestmark = pytest.mark.no_torch


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now

    def spend(self, seconds: float, result: Any = None) -> Any:
        self.now += seconds
        return result


def test_time_and_calls_add_up() -> None:
    clock = Clock()
    timer = HookTimer(timer=clock)
    assert timer.part("dream", "on_idle", "runs", clock.spend, 2.0, "said") == "said"
    timer.part("dream", "on_idle", "runs", clock.spend, 1.0)
    timer.part("memory", "on_idle", "runs", clock.spend, 4.0)
    assert timer.timings() == {"dream": {"on_idle": (2, 3.0)}, "memory": {"on_idle": (1, 4.0)}}


def test_both_halves_of_a_wrapper_are_one_call() -> None:
    clock = Clock()
    timer = HookTimer(timer=clock)
    timer.part("dream", "on_generate", "begins", clock.spend, 1.0)
    timer.part("dream", "on_generate", "ends", clock.spend, 2.0)
    assert timer.timings() == {"dream": {"on_generate": (1, 3.0)}}


def test_hooks_called_meanwhile_are_not_the_callers_time() -> None:
    clock = Clock()
    timer = HookTimer(timer=clock)

    def inner() -> None:
        clock.spend(5.0)
        timer.part("memory", "on_scaffold_context", "runs", clock.spend, 7.0)

    def outer() -> None:
        clock.spend(1.0)
        timer.whole("on_scaffold_context", inner)
        clock.spend(2.0)
        timer.whole("on_scaffold_context", inner)

    timer.whole("on_generate", timer.part, "cross", "on_generate", "begins", outer)
    assert timer.timings() == {
        "cross": {"on_generate": (1, 3.0)},
        "memory": {"on_scaffold_context": (2, 14.0)},
    }


def test_the_kernels_time_is_traced_but_not_kept() -> None:
    clock = Clock()
    lines: List[str] = []
    timer = HookTimer(lines.append, clock)
    timer.part(KERNEL, "on_generate", "runs", clock.spend, 0.5)
    assert timer.timings() == {}
    assert lines == ["kernel runs 500.000 ms"]


def test_time_is_kept_when_the_function_raises() -> None:
    clock = Clock()
    timer = HookTimer(timer=clock)

    def fail() -> None:
        clock.spend(1.0)
        raise ValueError("boom")

    with pytest.raises(ValueError, match="boom"):
        timer.whole("on_idle", timer.part, "dream", "on_idle", "runs", fail)
    assert timer.timings() == {"dream": {"on_idle": (1, 1.0)}}


def test_the_trace_shows_order_and_depth() -> None:
    clock = Clock()
    lines: List[str] = []
    timer = HookTimer(lines.append, clock)
    timer.whole("on_idle", timer.part, "dream", "on_idle", "runs", clock.spend, 0.002)
    assert lines == ["on_idle", "  dream runs 2.000 ms", "on_idle took 2.000 ms"]


def test_threads_do_not_mix_their_depth_and_nesting() -> None:
    lines: List[str] = []
    timer = HookTimer(lines.append, Clock())

    def other() -> None:
        thread = threading.Thread(target=timer.whole, args=("on_idle", lambda: None))
        thread.start()
        thread.join()

    timer.whole("on_generate", other)
    assert [line for line in lines if line.startswith(" ")] == []


def test_no_call_is_lost_between_threads() -> None:
    timer = HookTimer()

    def work() -> None:
        for _ in range(2000):
            timer.part("dream", "on_idle", "runs", lambda: None)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert timer.timings()["dream"]["on_idle"][0] == 8000
