from __future__ import annotations

import threading

import pytest

from sovl_core.events import NightInterrupted
from sovl_ghostwriter.asking import Asking
from sovl_ghostwriter.endpoint import EndpointFailed


def nothing():
    pass


def fails(item):
    raise EndpointFailed(f"not {item}")


def test_every_item_comes_to_something():
    outcomes = list(Asking(str, [1, 2, 3], parallel=2, patience=1).outcomes(nothing))
    assert sorted(outcomes) == [(1, "1", None), (2, "2", None), (3, "3", None)]


def test_several_failures_in_a_row_are_enough():
    outcomes = list(Asking(fails, list(range(50)), parallel=1, patience=3).outcomes(nothing))
    assert [(item, answer, str(error)) for item, answer, error in outcomes] == [
        (number, None, f"not {number}") for number in range(3)
    ]


def test_failures_here_and_there_are_borne():
    def ask(item):
        return fails(item) if item % 2 else str(item)

    assert len(list(Asking(ask, list(range(10)), parallel=1, patience=2).outcomes(nothing))) == 10


def test_a_breath_may_end_it_while_somebody_else_is_slow():
    slow, asked = threading.Event(), []

    def ask(item):
        asked.append(item)
        slow.wait()
        return "late"

    def breathe():
        if asked:
            raise NightInterrupted("the life is being closed")

    asking = Asking(ask, [1, 2, 3], parallel=1, patience=3)
    with pytest.raises(NightInterrupted):
        list(asking.outcomes(breathe))
    slow.set()
    for thread in asking._threads:
        thread.join(10)
    assert asked == [1]


def test_whatever_else_goes_wrong_is_a_failure_too():
    (failed, fine) = Asking(lambda item: str(1 // item), [0, 1], parallel=1, patience=3).outcomes(nothing)
    assert (failed[0], str(failed[2])) == (0, "ZeroDivisionError")
    assert fine == (1, "1", None)
