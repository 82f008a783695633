"""The calling loops: results, order, and what a failure costs, hook kind by hook kind."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, Callable, Dict, Generator, List, Optional, Tuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sovl_core.events import Dream, DreamRequest, NightInterrupted, NightReport, Reply, StepResult, Turn
from sovl_core.plugin_blame import never_blamed
from sovl_core.plugin_call import HookCalls
from sovl_core.plugin_kinds import hook_kinds
from sovl_core.plugin_records import PluginFailure
from sovl_core.plugin_timing import HookTimer

pytestmark = pytest.mark.no_torch
KINDS = hook_kinds()
Wrapper = Generator[None, Any, Any]


class Host:
    """Stands in for the registry: a list of implementations, and notes of who failed."""

    def __init__(self, *implementations: Tuple[str, Callable[..., Any], bool], strict: bool = False) -> None:
        self.implementations = [
            SimpleNamespace(plugin_name=name, function=function, wrapper=wrapper)
            for name, function, wrapper in implementations
        ]
        self.strict = strict
        self.off: List[str] = []
        self.failed: List[Tuple[str, str, str]] = []
        self.timer = HookTimer()
        self.calls = HookCalls(
            lambda hook: self.implementations, lambda name: name not in self.off, self.blame, self.timer
        )

    def blame(self, plugin: str, hook: str, error: BaseException) -> PluginFailure:
        self.failed.append((plugin, hook, f"{type(error).__name__}: {error}"))
        self.off.append(plugin)
        if self.strict:
            raise RuntimeError("strict") from error
        return PluginFailure(plugin, "dist", "1.0", hook, str(error))

    def generate(
        self, turn: Optional[Turn] = None, innermost: Callable[[Turn], Any] = lambda turn: Reply(turn.prompt)
    ) -> Any:
        return self.calls.pipeline(KINDS["on_generate"], turn or Turn("hello"), innermost)

    def train(self, innermost: Callable[[Any], Any] = lambda step: StepResult(loss=1.0), **fields: Any) -> StepResult:
        step = SimpleNamespace(loss_terms={}, **fields)
        result: StepResult = self.calls.pipeline(KINDS["on_train_step"], step, innermost)
        return result


def boom(*arguments: Any) -> Any:
    raise ValueError("boom")


def around(note: List[str], name: str) -> Callable[[Any], Wrapper]:
    def wrapper(turn: Any) -> Wrapper:
        note.append(f"{name} before")
        result = yield
        note.append(f"{name} after")
        return result

    return wrapper


def fails_before(turn: Any) -> Wrapper:
    raise ValueError("before")
    yield


def fails_after(turn: Any) -> Wrapper:
    yield
    raise ValueError("after")


# Pipelines


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


# Whose exceptions come out


class KernelFault(Exception):
    pass


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


# Training steps


def test_a_step_without_failure_is_taken() -> None:
    assert Host(("a", around([], "a"), True)).train() == StepResult(loss=1.0)


def test_a_wrapper_may_skip_the_step_without_yielding() -> None:
    note: List[str] = []

    def skips(step: Any) -> Wrapper:
        if not note:
            return StepResult.skip("nothing to learn here")
        yield

    host = Host(("a", skips, True))
    assert host.train(innermost=boom).skipped == "nothing to learn here"
    assert host.failed == []


@pytest.mark.parametrize("result", [None, "skip"])
def test_skipping_takes_a_step_result(result: Any) -> None:
    def wrapper(step: Any) -> Wrapper:
        if step:
            return result
        yield

    host = Host(("a", wrapper, True))
    assert "plugin 'a' (dist 1.0) failed in on_train_step" in str(host.train(innermost=boom).skipped)
    assert len(host.failed) == 1


def test_a_wrapper_that_fails_before_its_yield_drops_the_step_untrained() -> None:
    host = Host(("a", fails_before, True))
    assert host.train(innermost=boom).skipped == "plugin 'a' (dist 1.0) failed in on_train_step: before"


@pytest.mark.parametrize("failing", [(fails_after, True), (boom, False)])
def test_any_other_failure_drops_the_step_too(failing: Tuple[Callable[..., Any], bool]) -> None:
    result = Host(("a", *failing)).train()
    assert str(result.skipped).startswith("plugin 'a' (dist 1.0) failed in on_train_step: ")


def test_outer_wrappers_see_that_the_step_was_dropped() -> None:
    seen: List[Any] = []

    def outer(step: Any) -> Wrapper:
        result = yield
        seen.append(result.skipped)
        return StepResult(loss=0.0)

    result = Host(("outer", outer, True), ("a", fails_before, True)).train()
    assert seen == ["plugin 'a' (dist 1.0) failed in on_train_step: before"]
    assert result.skipped == seen[0]


def test_a_failure_in_a_hook_called_within_the_step_drops_it() -> None:
    host = Host()

    def carries(step: Any) -> Wrapper:
        host.implementations = [SimpleNamespace(plugin_name="memory", function=boom, wrapper=False)]
        host.calls.visit(KINDS["on_scaffold_context"], lambda name: (step,))
        return (yield)

    host.implementations = [SimpleNamespace(plugin_name="cross", function=carries, wrapper=True)]
    assert host.train().skipped == "plugin 'memory' (dist 1.0) failed in on_scaffold_context: boom"


def test_an_earlier_failure_does_not_drop_a_later_step() -> None:
    host = Host(("a", fails_before, True))
    assert host.train().skipped
    assert host.train().skipped is None


def test_a_loss_term_that_fails_drops_the_step_and_names_its_plugin() -> None:
    cleaned: List[str] = []

    def adds(step: Any) -> Wrapper:
        step.loss_terms["gate"] = boom
        try:
            return (yield)
        finally:
            cleaned.append("a")

    def innermost(step: Any) -> StepResult:
        return StepResult(loss=sum(term(step) for term in step.loss_terms.values()))

    host = Host(("a", adds, True))
    assert host.train(innermost=innermost).skipped == "plugin 'a' (dist 1.0) failed in on_train_step: boom"
    assert cleaned == ["a"]
    assert host.failed == [("a", "on_train_step", "ValueError: boom")]


def test_a_loss_term_is_computed_and_its_time_is_its_plugins() -> None:
    def adds(step: Any) -> Wrapper:
        step.loss_terms["gate"] = lambda step: 2.0
        return (yield)

    def innermost(step: Any) -> StepResult:
        return StepResult(loss=sum(term(step) for term in step.loss_terms.values()))

    host = Host(("a", adds, True))
    assert host.train(innermost=innermost).loss == 2.0
    assert host.timer.timings()["a"]["on_train_step"][0] == 1


def test_an_interruption_in_a_loss_term_comes_out() -> None:
    def interrupted(step: Any) -> float:
        raise KeyboardInterrupt

    def adds(step: Any) -> Wrapper:
        step.loss_terms["gate"] = interrupted
        return (yield)

    host = Host(("a", adds, True))
    with pytest.raises(KeyboardInterrupt):
        host.train(innermost=lambda step: StepResult(loss=step.loss_terms["gate"](step)))
    assert host.failed == []


def test_what_the_kernel_raises_in_a_step_comes_out() -> None:
    def innermost(step: Any) -> StepResult:
        raise KernelFault

    with pytest.raises(KernelFault):
        Host(("a", around([], "a"), True)).train(innermost=innermost)


# Gathered results


def dreams(*names: str) -> Callable[[Any], List[Dream]]:
    return lambda request: [Dream("rewrite", name, name) for name in names]


def gather(host: Host) -> List[str]:
    found = host.calls.gather(KINDS["on_dream"], (DreamRequest(),), lambda plugin, result: list(result))
    return [dream.prompt for dream in found]


def test_results_are_gathered_in_order() -> None:
    host = Host(("a", dreams("1", "2"), False), ("b", lambda request: None, False), ("c", dreams("3"), False))
    assert gather(host) == ["1", "2", "3"]


def test_a_failing_plugin_loses_its_part_only() -> None:
    host = Host(("a", dreams("1"), False), ("b", boom, False), ("c", dreams("3"), False))
    assert gather(host) == ["1", "3"]
    assert host.failed == [("b", "on_dream", "ValueError: boom")]


def test_a_part_of_the_wrong_type_is_dropped_whole() -> None:
    host = Host(("a", lambda request: [Dream("rewrite", "1", "1"), "text"], False), ("b", dreams("2"), False))
    assert gather(host) == ["2"]
    assert host.failed[0][0] == "a"


def test_a_wrapper_sees_all_dreams_and_may_choose() -> None:
    def chooses(request: Any) -> Wrapper:
        found = yield
        return [dream for dream in found if dream.prompt != "2"]

    assert gather(Host(("w", chooses, True), ("a", dreams("1", "2"), False), ("b", dreams("3"), False))) == ["1", "3"]


def test_a_failing_wrapper_loses_no_dreams() -> None:
    host = Host(("v", fails_before, True), ("w", fails_after, True), ("a", dreams("1"), False))
    assert gather(host) == ["1"]
    assert [plugin for plugin, _, _ in host.failed] == ["v", "w"]


def test_hooks_without_arguments_are_gathered() -> None:
    host = Host(("a", lambda: None, False))
    assert host.calls.gather(KINDS["on_status"], (), lambda plugin, panel: [panel]) == []


# Visits


def test_each_plugin_gets_its_own_arguments() -> None:
    seen: List[Tuple[str, ...]] = []
    host = Host(*((name, lambda *arguments: seen.append(arguments), False) for name in "abc"))
    visited = host.calls.visit(KINDS["on_start"], lambda name: None if name == "b" else (name,))
    assert visited == ["a", "c"]
    assert seen == [("a",), ("c",)]


def test_a_visit_may_go_backwards() -> None:
    host = Host(*((name, lambda: None, False) for name in "abc"))
    assert host.calls.visit(KINDS["on_stop"], lambda name: (), reverse=True) == ["c", "b", "a"]


def test_a_failing_plugin_does_not_end_the_visit() -> None:
    host = Host(("a", boom, False), ("b", lambda: None, False))
    assert host.calls.visit(KINDS["on_stop"], lambda name: ()) == ["b"]
    assert host.failed == [("a", "on_stop", "ValueError: boom")]


def test_a_plugin_that_is_off_is_not_asked_for_arguments() -> None:
    host = Host(("a", boom, False))
    host.off.append("a")
    assert host.calls.visit(KINDS["on_stop"], boom) == []


def test_what_making_arguments_raises_is_the_kernels() -> None:
    host = Host(("a", lambda context: None, False))
    with pytest.raises(ValueError, match="boom"):
        host.calls.visit(KINDS["on_start"], boom)
    assert host.failed == []


# All of it together

BEHAVIOURS: Dict[str, Tuple[Callable[..., Any], bool]] = {
    "wraps": (around([], "x"), True),
    "fails before": (fails_before, True),
    "fails after": (fails_after, True),
    "passes": (lambda turn: None, False),
    "fails": (boom, False),
}


@given(st.lists(st.sampled_from(sorted(BEHAVIOURS)), max_size=6))
def test_whatever_plugins_do_the_turn_gets_its_answer_and_every_failure_its_name(chosen: List[str]) -> None:
    wrappers_first = sorted(chosen, key=lambda behaviour: not BEHAVIOURS[behaviour][1])
    host = Host(*((f"p{i}", *BEHAVIOURS[behaviour]) for i, behaviour in enumerate(wrappers_first)))
    assert host.generate().text == "hello"
    expected = {f"p{i}" for i, behaviour in enumerate(wrappers_first) if behaviour.startswith("fails")}
    assert {plugin for plugin, _, _ in host.failed} == expected


@given(st.lists(st.sampled_from(sorted(BEHAVIOURS)), max_size=6))
def test_a_step_is_taken_only_when_nobody_fails(chosen: List[str]) -> None:
    wrappers_first = sorted(chosen, key=lambda behaviour: not BEHAVIOURS[behaviour][1])
    host = Host(*((f"p{i}", *BEHAVIOURS[behaviour]) for i, behaviour in enumerate(wrappers_first)))
    assert (host.train().skipped is None) == (host.failed == [])
    assert (host.failed == []) == (not any(behaviour.startswith("fails") for behaviour in chosen))
