"""Nearest right names."""

from __future__ import annotations

import pytest

from sovl_core.spelling import did_you_mean, nearest

pytestmark = pytest.mark.no_torch


def test_the_most_alike_choice_is_found() -> None:
    assert nearest("on_genarate", ["on_sleep", "on_generate", "on_dream"]) == "on_generate"


def test_upper_and_lower_case_are_alike() -> None:
    assert nearest("NOISE", ["noise", "weight"]) == "noise"


def test_nothing_alike_gives_none() -> None:
    assert nearest("zzz", ["noise", "weight"]) is None
    assert nearest("noise", []) is None


def test_the_question_carries_the_prefix() -> None:
    assert did_you_mean("nosie", ["noise"], "plugins.dream.") == "Did you mean plugins.dream.noise?"


def test_no_question_without_an_answer() -> None:
    assert did_you_mean("zzz", ["noise"]) == ""
