from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sovl_cross_attention.influence import LEAST, MOST, dynamic_factor

pytestmark = pytest.mark.no_torch


@pytest.mark.parametrize(
    ("mode", "confidence", "temperament", "factor"),
    [
        ("off", 0.1, -1.0, 1.0),
        ("confidence", None, -1.0, 1.0),
        ("confidence", 0.5, -1.0, 1.0),
        ("confidence", 0.75, -1.0, 1.5),
        ("confidence", 0.1, 1.0, 0.5),
        ("confidence", 1.0, 0.0, 2.0),
        ("temperament", 0.9, 0.0, 1.0),
        ("temperament", None, 0.5, 1.5),
        ("temperament", 0.9, -1.0, 0.5),
        ("temperament", 0.9, 1.0, 2.0),
    ],
)
def test_confidence_or_temperament_scale_a_reply(mode, confidence, temperament, factor):
    assert dynamic_factor(mode, confidence, temperament) == pytest.approx(factor)


@given(
    mode=st.sampled_from(["off", "confidence", "temperament"]),
    confidence=st.none() | st.floats(0, 1),
    temperament=st.floats(-1, 1),
)
def test_it_stays_within_half_and_twice(mode, confidence, temperament):
    assert LEAST <= dynamic_factor(mode, confidence, temperament) <= MOST
