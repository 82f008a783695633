"""The words that claims go by."""

from __future__ import annotations

import pytest

from sovl_dream.claims.words import COUNTRIES, NUMBERS, ONE_PERSON, SEVERAL

pytestmark = pytest.mark.no_torch


def test_nobody_is_one_and_several():
    assert not ONE_PERSON & SEVERAL


def test_numbers_and_countries():
    assert [NUMBERS[word] for word in ("zero", "nineteen", "twenty", "ninety")] == [0, 19, 20, 90]
    assert {"sweden", "costa rica", "uk"} < COUNTRIES
    assert all(name == name.strip().lower() for name in COUNTRIES)
