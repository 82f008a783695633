"""Whose fault an exception is."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from sovl_core.error_handling import SOVLError
from sovl_core.events import NightInterrupted
from sovl_core.plugin_blame import ContributionFailed, absolve, kernels_own, never_blamed

pytestmark = pytest.mark.no_torch


@pytest.mark.parametrize(
    "error", [KeyboardInterrupt(), SystemExit(), GeneratorExit(), NightInterrupted(), ContributionFailed()]
)
def test_control_flow_is_nobodys_fault(error: BaseException) -> None:
    assert never_blamed(error)


@pytest.mark.parametrize("error", [ValueError(), MemoryError(), StopIteration(), SOVLError("own")])
def test_anything_else_that_a_plugin_raises_is_its_fault(error: BaseException) -> None:
    assert not never_blamed(error)


def test_what_the_kernel_raised_is_absolved() -> None:
    error = ValueError()
    absolve(error)
    assert never_blamed(error)
    assert not never_blamed(ValueError())


def test_an_exception_that_refuses_attributes_is_absolved_too() -> None:
    @dataclass(frozen=True)
    class Frozen(Exception):
        reason: str

    error = Frozen("x")
    absolve(error)
    assert never_blamed(error)


def test_a_function_of_the_kernel_keeps_its_results_and_absolves_its_errors() -> None:
    def divide(a: float, b: float = 1) -> float:
        """Divide."""
        return a / b

    own = kernels_own(divide)
    assert own(6, b=3) == 2
    assert own.__doc__ == "Divide."
    with pytest.raises(ZeroDivisionError) as caught:
        own(1, 0)
    assert never_blamed(caught.value)
