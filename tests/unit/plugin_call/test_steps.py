"""Training steps: taken, skipped, dropped for a failure, and their loss terms."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, Callable, List, Tuple

import pytest

from sovl_core.events import StepResult
from tests.unit.plugin_call.host import KINDS, Host, KernelFault, Wrapper, around, boom, fails_after, fails_before

pytestmark = pytest.mark.no_torch


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
