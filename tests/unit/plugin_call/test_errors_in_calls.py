"""Whose exceptions come out of a call: what the innermost raises, interruptions, a full disk, strict mode."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, List

import pytest

from sovl_core.events import NightInterrupted, NightReport, Reply, StepResult, Turn
from sovl_core.plugin_blame import never_blamed
from tests.unit.plugin_call.host import KINDS, Host, KernelFault, Wrapper, around, fails_before

pytestmark = pytest.mark.no_torch


@pytest.mark.parametrize("error", [KernelFault("oom"), NightInterrupted(), KeyboardInterrupt(), StopIteration(3)])
def test_what_the_innermost_raises_unwinds_the_wrappers_and_comes_out(error: BaseException) -> None:
    note: List[str] = []

    def careful(turn: Turn) -> Wrapper:
        try:
            return (yield)
        finally:
            note.append("cleaned up")

    def innermost(turn: Turn) -> Reply:
        raise error

    host = Host(("a", careful, True), ("b", around(note, "b"), True), ("c", careful, True))
    with pytest.raises(type(error)) as caught:
        host.generate(innermost=innermost)
    assert caught.value is error
    assert note == ["b before", "cleaned up", "cleaned up"]
    assert host.failed == []
    assert never_blamed(error)


def test_a_wrapper_cannot_swallow_what_the_innermost_raises() -> None:
    def swallows(turn: Turn) -> Wrapper:
        try:
            return (yield)
        except KernelFault:
            return Reply("as if nothing had happened")

    def innermost(turn: Turn) -> Reply:
        raise KernelFault

    host = Host(("a", swallows, True))
    with pytest.raises(KernelFault):
        host.generate(innermost=innermost)
    assert host.failed == []


def test_a_wrapper_that_fails_while_cleaning_up_is_blamed_and_the_first_error_comes_out() -> None:
    def clumsy(turn: Turn) -> Wrapper:
        try:
            return (yield)
        finally:
            raise ValueError("clumsy")

    def innermost(turn: Turn) -> Reply:
        raise KernelFault

    host = Host(("a", clumsy, True))
    with pytest.raises(KernelFault):
        host.generate(innermost=innermost)
    assert host.failed == [("a", "on_generate", "ValueError: clumsy")]


def test_a_wrapper_that_yields_again_while_cleaning_up_is_blamed() -> None:
    def stays(turn: Turn) -> Wrapper:
        try:
            yield
        except KernelFault:
            yield

    def innermost(turn: Turn) -> Reply:
        raise KernelFault

    host = Host(("a", stays, True))
    with pytest.raises(KernelFault):
        host.generate(innermost=innermost)
    assert host.failed == [("a", "on_generate", "RuntimeError: the wrapper yielded twice")]


def test_an_interruption_while_cleaning_up_comes_out() -> None:
    def interrupted(turn: Turn) -> Wrapper:
        try:
            return (yield)
        finally:
            raise KeyboardInterrupt

    def innermost(turn: Turn) -> Reply:
        raise KernelFault

    with pytest.raises(KeyboardInterrupt):
        Host(("a", interrupted, True)).generate(innermost=innermost)


@pytest.mark.parametrize("error", [NightInterrupted(), KeyboardInterrupt(), SystemExit(2)])
@pytest.mark.parametrize("when", ["before", "after", "plain"])
def test_control_flow_out_of_a_plugin_is_not_its_failure(error: BaseException, when: str) -> None:
    cleaned: List[str] = []

    def wrapper(turn: Turn) -> Wrapper:
        if when == "before":
            raise error
        yield
        raise error

    def plain(turn: Turn) -> None:
        raise error

    def outer(turn: Turn) -> Wrapper:
        try:
            return (yield)
        finally:
            cleaned.append("outer")

    inner = ("a", plain, False) if when == "plain" else ("a", wrapper, True)
    host = Host(("outer", outer, True), inner)
    with pytest.raises(type(error)) as caught:
        host.generate()
    assert caught.value is error
    assert cleaned == ["outer"]
    assert host.failed == []


@pytest.mark.parametrize("when", ["before", "after", "plain"])
def test_a_full_disk_ends_what_can_be_gone_on_with_and_is_nobodys_fault(when: str) -> None:
    full = OSError(28, "No space left on device")

    def wrapper(night: Any) -> Wrapper:
        if when == "before":
            raise full
        yield
        raise full

    def plain(night: Any) -> None:
        raise full

    host = Host(("a", plain, False) if when == "plain" else ("a", wrapper, True))
    with pytest.raises(OSError, match="No space left"):
        host.calls.pipeline(KINDS["on_sleep"], SimpleNamespace(), lambda night: None)
    assert host.failed == []
    # A turn gets its answer all the same.
    assert host.generate().text == "hello"
    assert [name for name, _, _ in host.failed] == ["a"]


def test_what_the_kernel_raises_in_a_nested_call_is_not_the_callers_fault() -> None:
    host = Host()

    def sleeps(night: Any) -> NightReport:
        host.implementations = []
        host.train(innermost=innermost)
        return NightReport("accepted")

    def innermost(step: Any) -> StepResult:
        raise KernelFault("out of memory")

    host.implementations = [SimpleNamespace(plugin_name="gestation", function=sleeps, wrapper=False)]
    with pytest.raises(KernelFault):
        host.calls.pipeline(KINDS["on_sleep"], SimpleNamespace())
    assert host.failed == []


def test_in_strict_mode_a_failure_unwinds_the_outer_wrappers() -> None:
    cleaned: List[str] = []

    def outer(turn: Turn) -> Wrapper:
        try:
            return (yield)
        except RuntimeError:
            cleaned.append("outer")
            raise

    host = Host(("outer", outer, True), ("a", fails_before, True), strict=True)
    with pytest.raises(RuntimeError, match="strict") as caught:
        host.generate()
    assert isinstance(caught.value.__cause__, ValueError)
    assert cleaned == ["outer"]
