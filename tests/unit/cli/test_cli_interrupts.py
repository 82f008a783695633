from __future__ import annotations

import signal
import threading
from typing import List

import pytest

from sovl_core.cli.interrupts import StopRequest, first_interrupt_asks, termination_ends, termination_unwinds
from sovl_core.events import NightInterrupted

pytestmark = pytest.mark.no_torch


def test_the_first_interrupt_asks_and_the_second_forces() -> None:
    said: List[str] = []
    with first_interrupt_asks(lambda: said.append("stopping")) as request:
        assert not request.made
        signal.raise_signal(signal.SIGINT)
        assert request.made
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
    assert said == ["stopping"]


def test_what_is_said_at_the_first_interrupt_waits_for_what_is_being_printed() -> None:
    printing = threading.Lock()
    said: List[str] = []

    def say() -> None:
        with printing:
            said.append("stopping")

    with first_interrupt_asks(say), printing:
        # A handler that printed by itself would wait here for ever.
        signal.raise_signal(signal.SIGINT)
        said.append("printed")
    assert said == ["printed", "stopping"]


def test_where_a_plugin_hangs_the_first_interrupt_forces_it_and_asks_for_nothing() -> None:
    hangs = True
    with first_interrupt_asks(hangs=lambda: hangs) as request:
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
        assert not request.made
        hangs = False
        signal.raise_signal(signal.SIGINT)
        assert request.made


def test_the_old_meaning_comes_back() -> None:
    before = signal.getsignal(signal.SIGINT)
    with first_interrupt_asks():
        assert signal.getsignal(signal.SIGINT) is not before
    assert signal.getsignal(signal.SIGINT) is before


def test_a_night_breathes_until_it_is_asked_to_stop() -> None:
    request = StopRequest()
    request.breathe()
    request.make()
    with pytest.raises(NightInterrupted):
        request.breathe()


def test_other_threads_leave_signals_alone() -> None:
    before = signal.getsignal(signal.SIGINT)
    seen: List[bool] = []

    def work() -> None:
        with first_interrupt_asks() as request, termination_unwinds():
            seen.append(signal.getsignal(signal.SIGINT) is before and not request.made)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert seen == [True]


def test_termination_runs_what_stands_in_finally() -> None:
    cleaned: List[str] = []

    def work() -> None:
        try:
            signal.raise_signal(signal.SIGTERM)
        finally:
            cleaned.append("yes")

    with termination_unwinds(), pytest.raises(SystemExit) as leaving:
        work()
    assert cleaned == ["yes"]
    assert leaving.value.code == 143
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL


def test_where_nothing_is_to_be_put_in_order_a_signal_ends_at_once() -> None:
    before = signal.getsignal(signal.SIGTERM)
    with termination_unwinds():
        within = signal.getsignal(signal.SIGTERM)
        with termination_ends():
            assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
            assert signal.getsignal(signal.SIGINT) is signal.SIG_DFL
        assert signal.getsignal(signal.SIGTERM) is within
    assert signal.getsignal(signal.SIGTERM) is before
    assert signal.getsignal(signal.SIGINT) is not signal.SIG_DFL


def test_outside_the_main_thread_signals_keep_their_meaning() -> None:
    before, seen = signal.getsignal(signal.SIGTERM), []

    def work() -> None:
        with termination_ends():
            seen.append(signal.getsignal(signal.SIGTERM))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert seen == [before]
