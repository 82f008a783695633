from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sovl_core.importing.moments import seconds_of

pytestmark = pytest.mark.no_torch


@pytest.mark.parametrize(
    ("written", "seconds"),
    [
        (1600000000, 1600000000.0),
        (1600000000.25, 1600000000.25),
        (1600000000250, 1600000000.25),
        ("2020-09-13T12:26:40", 1600000000.0),
        ("2020-09-13T12:26:40.250000+00:00", 1600000000.25),
        ("2020-09-13T14:26:40+02:00", 1600000000.0),
        ("2020-09-13T12:26:40Z", 1600000000.0),
        (" 2020-09-13 12:26:40 ", 1600000000.0),
    ],
)
def test_moments_are_read(written: object, seconds: float) -> None:
    assert seconds_of(written) == seconds


@pytest.mark.parametrize(
    "written", [None, True, "", "yesterday", -1, math.nan, math.inf, 10**400, 1e300, [], {}, "0001-01-01T00:00+23:00"]
)
def test_what_is_no_moment_is_none(written: object) -> None:
    assert seconds_of(written) is None


@given(st.one_of(st.text(), st.integers(), st.floats(), st.booleans()))
def test_nothing_raises_and_what_comes_out_can_be_stored(written: object) -> None:
    seconds = seconds_of(written)
    assert seconds is None or (0 <= seconds < 1e12)
