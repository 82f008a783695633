"""What a wrapper may do, and how it is opened and closed."""

from __future__ import annotations

from typing import Any, Generator

import pytest

from sovl_core.events import Reply, StepResult, Turn
from sovl_core.plugin_kinds import hook_kinds
from sovl_core.plugin_wrapper import (
    ReturnedEarly,
    close_wrapper,
    early_result_problem,
    fields_of,
    open_wrapper,
    restore_fields,
    result_problem,
    yielded_twice,
)

pytestmark = pytest.mark.no_torch
KINDS = hook_kinds()


def test_a_wrapper_is_opened_up_to_its_yield() -> None:
    def wrapper(turn: Turn) -> Generator[None, Any, Any]:
        turn.prompt += "!"
        return (yield)

    turn = Turn("hello")
    generator = open_wrapper(wrapper, turn)
    assert turn.prompt == "hello!"
    with pytest.raises(StopIteration):
        generator.send("result")


def test_a_wrapper_that_returns_first_says_what() -> None:
    def wrapper(turn: Turn) -> Generator[None, Any, Any]:
        if turn.prompt:
            return 7
        yield

    with pytest.raises(ReturnedEarly) as caught:
        open_wrapper(wrapper, Turn("x"))
    assert caught.value.value == 7


def test_a_wrapper_is_closed_with_the_inner_result() -> None:
    def wrapper(turn: Turn) -> Generator[None, Any, Any]:
        inner = yield
        return f"{inner}!"

    assert close_wrapper(open_wrapper(wrapper, Turn("x")), "result") == "result!"


def test_a_wrapper_that_yields_again_is_not_closed() -> None:
    def wrapper(turn: Turn) -> Generator[None, Any, Any]:
        yield
        yield

    with pytest.raises(RuntimeError, match="yielded twice"):
        close_wrapper(open_wrapper(wrapper, Turn("x")), "result")


def test_a_second_yield_is_an_error_even_when_it_will_not_close() -> None:
    def stubborn() -> Generator[None, Any, Any]:
        try:
            yield
        except GeneratorExit:
            yield

    generator = stubborn()
    next(generator)
    assert str(yielded_twice(generator)) == "the wrapper yielded twice"


def test_only_a_training_step_may_be_answered_early() -> None:
    assert early_result_problem(KINDS["on_train_step"], StepResult.skip("why")) is None
    assert str(early_result_problem(KINDS["on_generate"], Reply("x"))) == "the wrapper returned without yielding"
    assert str(early_result_problem(KINDS["on_train_step"], None)) == "the wrapper returned without yielding"
    assert "returned Reply" in str(early_result_problem(KINDS["on_train_step"], Reply("x")))


def test_results_are_checked_by_kind() -> None:
    assert result_problem(KINDS["on_generate"], Reply("x")) is None
    assert isinstance(result_problem(KINDS["on_generate"], None), TypeError)


def test_fields_are_put_back() -> None:
    turn = Turn("hello", temperature=0.5)
    fields = fields_of(turn)
    turn.temperature, turn.prompt = 9.0, "changed"
    restore_fields(turn, fields)
    assert turn == Turn("hello", temperature=0.5)


def test_objects_without_fields_are_left_alone() -> None:
    assert fields_of(3) == fields_of(None) == {}
    restore_fields(3, {})
