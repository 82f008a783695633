from __future__ import annotations

import contextlib
import threading
from typing import Any, Iterator, List

import pytest

from sovl_core.error_handling import SOVLError
from sovl_core.model_gate import ModelGate

pytestmark = pytest.mark.no_torch

WAIT = 10.0


def in_thread(function: Any) -> threading.Thread:
    thread = threading.Thread(target=function, daemon=True)
    thread.start()
    return thread


def until(condition: Any) -> None:
    # Bounded polling: what is awaited happens in another thread that gives no sign of its own.
    for _ in range(2000):
        if condition():
            return
        threading.Event().wait(0.005)
    raise AssertionError("what was waited for did not happen")


@contextlib.contextmanager
def nothing() -> Iterator[None]:
    yield


def test_turns_of_many_threads_never_overlap() -> None:
    gate, inside, seen = ModelGate(), [0], []

    def turn() -> None:
        for _ in range(50):
            with gate.turn():
                inside[0] += 1
                seen.append(inside[0])
                inside[0] -= 1

    threads = [in_thread(turn) for _ in range(8)]
    for thread in threads:
        thread.join(WAIT)
    assert seen == [1] * 400


def test_a_thread_may_enter_again() -> None:
    gate = ModelGate()
    with gate.turn(), gate.turn():
        pass
    done = threading.Event()

    def turn() -> None:
        with gate.turn():
            done.set()

    in_thread(turn)
    assert done.wait(WAIT)


def test_only_one_piece_of_work_at_a_time_and_the_first_is_named() -> None:
    gate = ModelGate()
    with gate.hold("a night"):
        assert gate.work == "a night"
        errors: List[str] = []

        def second() -> None:
            try:
                with gate.hold("a training run"):
                    pass
            except SOVLError as error:
                errors.append(error.message)

        in_thread(second).join(WAIT)
        assert errors == ["a night is in progress already"]
    assert gate.work is None


def test_work_cannot_begin_within_a_turn_of_the_same_thread() -> None:
    gate = ModelGate()
    with gate.turn(), pytest.raises(SOVLError, match="in the middle of a turn"), gate.hold("a night"):
        pass
    with gate.hold("a night"):
        pass


def test_work_gives_way_to_a_waiting_turn_and_goes_on_after_it() -> None:
    gate, events = ModelGate(), []

    @contextlib.contextmanager
    def lend() -> Iterator[None]:
        events.append("lent")
        yield
        events.append("taken back")

    def turn() -> None:
        with gate.turn():
            events.append(f"turn beside {gate.work}")

    with gate.hold("a night"):
        assert gate.give_way(lend) is False
        thread = in_thread(turn)
        until(lambda: gate._turns == 1)
        assert gate.give_way(lend) is True
        events.append("work")
        thread.join(WAIT)
    assert events == ["lent", "turn beside a night", "taken back", "work"]


def test_giving_way_within_a_nested_turn_lets_go_of_every_level() -> None:
    gate, answered = ModelGate(), threading.Event()

    def turn() -> None:
        with gate.turn():
            answered.set()

    with gate.hold("a night"):
        in_thread(turn)
        until(lambda: gate._turns == 1)
        with gate.turn():
            gate.give_way(nothing)
            assert answered.is_set()
        assert gate.work == "a night"
    assert gate.give_way(nothing) is False


def test_a_thread_that_does_not_work_cannot_give_way() -> None:
    gate = ModelGate()
    assert gate.give_way(nothing) is False


def test_the_gate_is_free_again_after_an_exception() -> None:
    gate = ModelGate()
    for block in (gate.turn, lambda: gate.hold("a night")):
        with pytest.raises(ZeroDivisionError), block():
            raise ZeroDivisionError
    done = threading.Event()

    def turn() -> None:
        with gate.turn():
            done.set()

    in_thread(turn)
    assert done.wait(WAIT)


def test_waiting_for_work_ends_when_the_work_ends() -> None:
    gate, go, waited = ModelGate(), threading.Event(), threading.Event()
    holding = threading.Event()

    def work() -> None:
        with gate.hold("a night"):
            holding.set()
            go.wait(WAIT)

    def wait() -> None:
        gate.wait_for_work()
        waited.set()

    worker = in_thread(work)
    assert holding.wait(WAIT)
    in_thread(wait)
    assert not waited.wait(0.05)
    go.set()
    worker.join(WAIT)
    assert waited.wait(WAIT)


def test_who_works_does_not_wait_for_itself() -> None:
    gate = ModelGate()
    with gate.hold("a night"):
        gate.wait_for_work()
        assert gate.work == "a night"


def test_a_turn_that_is_stuck_gives_the_models_up_and_takes_them_back() -> None:
    gate, order = ModelGate(), []
    stuck, free = threading.Event(), threading.Event()

    def hang() -> None:
        with gate.turn(), gate.turn():
            stuck.set()
            free.wait(WAIT)
            gate.take_back()
            order.append("back")

    thread = in_thread(hang)
    assert stuck.wait(WAIT)
    assert thread.ident is not None
    gate.take_from(thread.ident)
    with gate.turn():
        free.set()
        # It is in the models' way no more, and waits like anybody else.
        until(lambda: not gate._stuck)
        order.append("turn")
    thread.join(WAIT)
    assert order == ["turn", "back"]
    with gate.turn():
        pass


def test_only_a_turn_of_that_thread_is_taken_from() -> None:
    gate = ModelGate()
    with gate.hold("a night"):
        gate.take_from(threading.get_ident())
        assert gate._owner == threading.get_ident()
    gate.take_back()
    with gate.turn():
        gate.take_from(0)
        assert gate._owner == threading.get_ident()


def test_work_that_is_given_up_is_in_nobodys_way() -> None:
    gate = ModelGate()
    stuck, free = threading.Event(), threading.Event()

    def hang() -> None:
        with gate.hold("a night"):
            stuck.set()
            free.wait(WAIT)

    thread = in_thread(hang)
    assert stuck.wait(WAIT)
    assert thread.ident is not None
    gate.give_up(thread.ident)
    gate.wait_for_work()
    with gate.turn():
        free.set()
        thread.join(WAIT)
        assert gate._owner == threading.get_ident()
