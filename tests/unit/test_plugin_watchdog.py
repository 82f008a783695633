"""Who does not come back from a hook is noticed, by a clock that is moved by hand; and the thread that looks."""

from __future__ import annotations

import threading
from typing import Any, List, Tuple

import pytest

from sovl_core.plugin_timing import KERNEL, HookTimer
from sovl_core.plugin_watchdog import HookAbandoned, HookWatch, Stay

pytestmark = pytest.mark.no_torch

# Reached only where something is wrong, however slow the machine.
WAIT = 120.0
LIMITS = {"on_idle": 5.0, "on_sleep": 0.0}


class Bench:
    """A watch whose thread never looks by itself: :meth:`spend` moves the clock and looks."""

    def __init__(self) -> None:
        self.now = 100.0
        self.overdue: List[Tuple[str, str, float]] = []
        self.returned: List[str] = []
        self.watch = HookWatch(LIMITS.__getitem__, self._overdue, self._returned, lambda: self.now)
        # In place of the thread: nobody may look but the test.
        self.watch._thread = threading.Thread()

    def _overdue(self, stay: Stay, seconds: float) -> str:
        self.overdue.append((stay.who, stay.hook, seconds))
        return f"{stay.who} hangs"

    def _returned(self, stay: Stay) -> None:
        self.returned.append(stay.who)

    def spend(self, seconds: float, result: Any = None) -> Any:
        self.now += seconds
        self.watch.look()
        return result


def test_what_comes_back_in_time_is_nobodys_business() -> None:
    bench = Bench()
    assert bench.watch.during("muse", "on_idle", bench.spend, 4.9, "said") == "said"
    assert (bench.overdue, bench.returned) == ([], [])


def test_a_stay_past_the_limit_is_told_once_and_its_end_as_well() -> None:
    bench = Bench()

    def hang() -> str:
        for _ in range(3):
            bench.spend(3.0)
        assert bench.returned == []
        assert bench.watch.hanging()
        return "at last"

    assert bench.watch.during("muse", "on_idle", hang) == "at last"
    assert (bench.overdue, bench.returned) == ([("muse", "on_idle", 6.0)], ["muse"])
    assert not bench.watch.hanging()


def test_a_limit_of_nothing_is_none() -> None:
    bench = Bench()
    bench.watch.during("gestation", "on_sleep", bench.spend, 1e6)
    assert bench.overdue == []


def test_what_others_take_meanwhile_is_not_counted_and_begins_the_count_anew() -> None:
    bench = Bench()
    breathe = bench.watch.apart(lambda seconds, more: bench.spend(seconds + more))

    def live() -> None:
        bench.spend(4.0)
        breathe(1000.0, more=1000.0)
        bench.spend(4.0)
        HookTimer(watch=bench.watch).whole("on_status", bench.spend, 1000.0)
        bench.spend(4.0)
        assert bench.overdue == []
        bench.spend(2.0)

    bench.watch.during("muse", "on_idle", live)
    assert bench.overdue == [("muse", "on_idle", 6.0)]


def test_the_kernel_is_not_watched() -> None:
    bench = Bench()
    bench.watch.during(KERNEL, "on_idle", bench.spend, 1e6)
    assert bench.overdue == []


def test_ctrl_c_abandons_a_plugin_that_is_overdue() -> None:
    bench = Bench()

    def interrupted() -> None:
        bench.spend(7.0)
        raise KeyboardInterrupt

    with pytest.raises(HookAbandoned, match="it had not come back for 7 s") as caught:
        bench.watch.during("muse", "on_idle", interrupted)
    # The plugin's own line is in the traceback, so that it can be named.
    assert caught.traceback[-1].name == "interrupted"
    assert bench.returned == ["muse"]


def test_ctrl_c_before_that_is_the_users() -> None:
    bench = Bench()

    def interrupted() -> None:
        bench.spend(1.0)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        bench.watch.during("muse", "on_idle", interrupted)


def test_who_is_in_a_hook() -> None:
    bench = Bench()
    seen: List[bool] = []
    bench.watch.during("muse", "on_idle", lambda: seen.append(bench.watch.in_a_hook("muse")))
    assert (seen, bench.watch.in_a_hook("muse")) == ([True], False)


def test_what_a_ctrl_c_left_behind_ends_with_what_is_below_it() -> None:
    bench = Bench()
    bench.watch.during("muse", "on_idle", lambda: bench.watch._enter("lost", "on_idle"))
    assert not bench.watch.in_a_hook("lost")
    assert bench.watch.look() == 0


def test_a_thread_looks_and_ends_when_it_is_told() -> None:
    told = threading.Event()
    watch = HookWatch(lambda hook: 0.01, lambda stay, seconds: "", lambda stay: None, alarm=lambda text: told.set())
    assert watch.during("muse", "on_idle", told.wait, WAIT)
    thread = watch._thread
    assert thread is not None
    assert thread.is_alive()
    watch.close()
    assert not thread.is_alive()
    told.clear()
    assert watch.during("muse", "on_idle", told.wait, WAIT)
    watch.close()


def test_the_thread_ends_by_itself_when_nobody_calls_hooks(mocker: Any) -> None:
    mocker.patch("sovl_core.plugin_watchdog.INTERVAL", 0.001)
    watch = HookWatch(lambda hook: 1.0, lambda stay, seconds: "", lambda stay: None)
    watch.during("muse", "on_idle", lambda: None)
    thread = watch._thread
    if thread is not None:
        thread.join(WAIT)
        assert not thread.is_alive()
    assert watch._thread is None


def test_the_kernels_part_needs_no_watch_where_nobody_waits_for_it() -> None:
    watch = HookWatch(lambda hook: 1.0, lambda stay, seconds: "", lambda stay: None)
    assert watch.during(KERNEL, "on_generate", lambda: watch.look()) == 0
    assert watch._thread is None


def test_one_that_is_gone_when_it_would_be_told_of_is_not_told_of() -> None:
    bench = Bench()

    def slow() -> None:
        bench.now += 9.0

    stay = bench.watch._enter("muse", "on_idle")
    stays = bench.watch._threads()[0]
    slow()
    # The look has found it; it leaves before the look can say so.
    bench.watch._leave(stay)
    assert not bench.watch._is_overdue(stays, stay)
    bench.watch._own_up(stay)
    assert (bench.overdue, bench.returned, stay.overdue) == ([], [], False)


def test_that_it_is_back_is_told_after_that_it_was_not() -> None:
    told: List[str] = []
    telling, gone = threading.Event(), threading.Event()

    def overdue(stay: Stay, seconds: float) -> str:
        telling.set()
        # Long enough for the hook to return, were it not made to wait.
        gone.wait(0.05)
        told.append("overdue")
        return ""

    watch = HookWatch(lambda hook: 0.01, overdue, lambda stay: told.append("returned"))
    assert watch.during("muse", "on_idle", telling.wait, WAIT)
    gone.set()
    assert told == ["overdue", "returned"]
    watch.close()


def test_however_long_it_takes_to_note_that_it_was_not_back(mocker: Any) -> None:
    bench = Bench()
    stay = bench.watch._enter("muse", "on_idle")
    bench.spend(9.0)
    stay.noted = mocker.Mock()
    bench.watch._leave(stay)
    bench.watch._own_up(stay)
    stay.noted.wait.assert_called_once_with()
    assert bench.returned == ["muse"]


def test_a_message_may_wait_for_the_thread_that_hangs() -> None:
    said, back = threading.Event(), threading.Event()
    came: List[bool] = []

    def alarm(text: str) -> None:
        said.set()
        came.append(back.wait(WAIT))

    watch = HookWatch(lambda hook: 0.01, lambda stay, seconds: "it hangs", lambda stay: None, alarm=alarm)
    assert watch.during("muse", "on_idle", said.wait, WAIT)
    back.set()
    watch.close()
    assert came == [True]


def test_what_comes_back_from_others_is_counted_from_then_on_before_they_are_gone() -> None:
    bench = Bench()
    below = bench.watch._enter("muse", "on_idle")
    above = bench.watch._enter(KERNEL, "on_status")
    stays = bench.watch._threads()[0]
    seen: List[float] = []

    def now() -> float:
        # Whoever looks at this moment still finds the one above.
        seen.append(len(stays))
        return 500.0

    bench.watch._clock = now
    bench.watch._leave(above)
    assert (seen, below.since) == ([2], 500.0)


def test_a_thread_that_is_about_to_end_stays_for_a_call_that_has_begun() -> None:
    bench = Bench()
    thread = bench.watch._thread
    stay = bench.watch._enter("muse", "on_idle")
    assert not bench.watch._may_end(threading.Event())
    assert bench.watch._thread is thread
    bench.watch._leave(stay)
    assert bench.watch._may_end(threading.Event())
    assert bench.watch._thread is None
