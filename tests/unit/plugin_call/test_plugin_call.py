"""The calling loops: results, order, and wrappers that keep the rules or break them."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, List

import pytest

from sovl_core.events import NightReport, Reply, StepResult, Turn
from tests.unit.plugin_call.host import KINDS, Host, Wrapper, around, boom, fails_after, fails_before

pytestmark = pytest.mark.no_torch


def test_without_plugins_the_innermost_answers() -> None:
    assert Host().generate().text == "hello"


def test_without_anybody_there_is_no_result() -> None:
    assert Host().calls.pipeline(KINDS["on_sleep"], SimpleNamespace()) is None


def test_wrappers_go_from_the_first_outermost_to_the_kernel_and_back() -> None:
    note: List[str] = []
    host = Host(("a", around(note, "a"), True), ("b", around(note, "b"), True))

    def innermost(turn: Turn) -> Reply:
        note.append("kernel")
        return Reply("x")

    host.generate(innermost=innermost)
    assert note == ["a before", "b before", "kernel", "b after", "a after"]


def test_a_wrapper_changes_the_request_and_the_reply() -> None:
    def louder(turn: Turn) -> Wrapper:
        turn.prompt += "!"
        reply = yield
        return Reply(reply.text.upper())

    assert Host(("a", louder, True)).generate().text == "HELLO!"


def test_a_plain_implementation_answers_in_place_of_the_kernel() -> None:
    host = Host(("a", lambda turn: None, False), ("b", lambda turn: Reply("b"), False), ("c", boom, False))
    assert host.generate(innermost=boom).text == "b"
    assert host.failed == []


def test_a_failing_plain_implementation_leaves_it_to_the_next() -> None:
    host = Host(("a", boom, False), ("b", lambda turn: Reply("b"), False))
    assert host.generate().text == "b"
    assert host.failed == [("a", "on_generate", "ValueError: boom")]


def test_the_kernel_answers_when_every_plain_implementation_fails() -> None:
    assert Host(("a", boom, False)).generate().text == "hello"


def test_a_plain_implementation_that_returns_something_else_has_failed() -> None:
    host = Host(("a", lambda turn: "text", False))
    assert host.generate().text == "hello"
    assert host.failed == [("a", "on_generate", "TypeError: returned str where on_generate expects Reply")]


def test_a_wrapper_that_fails_before_its_yield_is_left_out() -> None:
    note: List[str] = []
    host = Host(("a", around(note, "a"), True), ("b", fails_before, True), ("c", around(note, "c"), True))
    assert host.generate().text == "hello"
    assert note == ["a before", "c before", "c after", "a after"]
    assert host.failed == [("b", "on_generate", "ValueError: before")]


def test_what_a_failing_wrapper_had_changed_is_put_back() -> None:
    def half_done(turn: Turn) -> Wrapper:
        turn.temperature = 9.0
        turn.on_text = boom
        raise ValueError
        yield

    turn = Turn("hello")
    Host(("a", half_done, True)).generate(turn)
    assert turn == Turn("hello")


def test_a_wrapper_that_fails_after_its_yield_keeps_the_inner_reply() -> None:
    host = Host(("a", fails_after, True))
    assert host.generate().text == "hello"
    assert host.failed == [("a", "on_generate", "ValueError: after")]


def test_what_a_failing_wrapper_had_done_to_the_reply_is_put_back() -> None:
    def half_done(turn: Turn) -> Wrapper:
        reply = yield
        reply.text = "garbage"
        raise ValueError

    assert Host(("a", half_done, True)).generate().text == "hello"


@pytest.mark.parametrize("result", [None, "text", StepResult()])
def test_a_wrapper_that_returns_no_reply_has_failed(result: Any) -> None:
    def wrapper(turn: Turn) -> Wrapper:
        yield
        return result

    host = Host(("a", wrapper, True))
    assert host.generate().text == "hello"
    assert "where on_generate expects Reply" in host.failed[0][2]


def test_a_wrapper_may_return_none_where_there_is_no_result() -> None:
    host = Host(("a", around([], "a"), True))
    assert host.calls.pipeline(KINDS["on_sleep"], SimpleNamespace()) is None
    assert host.failed == []


def test_a_wrapper_may_give_a_result_where_there_was_none() -> None:
    def wrapper(night: Any) -> Wrapper:
        yield
        return NightReport("nothing")

    assert Host(("a", wrapper, True)).calls.pipeline(KINDS["on_sleep"], SimpleNamespace()) == NightReport("nothing")


def test_a_wrapper_that_returns_without_yielding_has_failed_and_is_left_out() -> None:
    def wrapper(turn: Turn) -> Wrapper:
        if turn.prompt:
            return Reply("early")
        yield

    host = Host(("a", wrapper, True))
    assert host.generate().text == "hello"
    assert host.failed == [("a", "on_generate", "RuntimeError: the wrapper returned without yielding")]


def test_a_wrapper_that_yields_twice_has_failed_and_keeps_the_inner_reply() -> None:
    def wrapper(turn: Turn) -> Wrapper:
        yield
        yield

    host = Host(("a", wrapper, True))
    assert host.generate().text == "hello"
    assert host.failed == [("a", "on_generate", "RuntimeError: the wrapper yielded twice")]


def test_a_decorated_wrapper_that_gives_no_generator_has_failed() -> None:
    host = Host(("a", lambda turn: None, True))
    assert host.generate().text == "hello"
    assert host.failed[0][:2] == ("a", "on_generate")


def test_a_plugin_switched_off_meanwhile_is_passed_over() -> None:
    host = Host(("a", around([], "a"), True), ("b", lambda turn: Reply("b"), False))

    def switches_off(turn: Turn) -> Wrapper:
        host.off.append("b")
        return (yield)

    host.implementations[0].function = switches_off
    assert host.generate().text == "hello"


def test_a_plugin_switched_off_in_the_middle_of_its_wrapper_still_finishes_it() -> None:
    note: List[str] = []
    host = Host(("a", around(note, "a"), True))

    def innermost(turn: Turn) -> Reply:
        host.off.append("a")
        return Reply("x")

    host.generate(innermost=innermost)
    assert note == ["a before", "a after"]
