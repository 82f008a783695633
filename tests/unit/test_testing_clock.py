"""Time that a test moves."""

from __future__ import annotations

import pytest

from sovl_core.testing.clock import FakeClock

pytestmark = pytest.mark.no_torch


def test_it_stands_still_until_it_is_moved() -> None:
    clock = FakeClock(100.0)
    assert (clock(), clock()) == (100.0, 100.0)
    clock.advance(60.0)
    assert clock() == 160.0
    clock.now = 5.0
    assert clock() == 5.0


def test_it_ticks_when_asked_to() -> None:
    clock = FakeClock(100.0, tick=1.0)
    assert [clock(), clock()] == [101.0, 102.0]
