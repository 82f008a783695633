from __future__ import annotations

from typing import List

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sovl_core.exposure import REMEMBERED_PROMPTS, SeenPrompts, exposure_gain
from sovl_core.settings import LifecycleSettings
from sovl_core.vitals import Vitals

pytestmark = pytest.mark.no_torch


def test_a_prompt_is_new_once() -> None:
    seen = SeenPrompts()
    assert seen.is_new("My dog is called Biscuit.")
    assert not seen.is_new("  My dog is called Biscuit.\n")
    assert seen.is_new("My cat is called Biscuit.")


@given(st.lists(st.text(max_size=5), max_size=40))
def test_what_is_kept_tells_the_same_prompts_apart(prompts: List[str]) -> None:
    seen = SeenPrompts()
    new = sum(seen.is_new(prompt) for prompt in prompts)
    assert new == len({prompt.strip() for prompt in prompts})
    again = SeenPrompts(seen.to_list())
    assert not any(again.is_new(prompt) for prompt in prompts)


def test_memory_is_bounded_and_forgets_the_oldest() -> None:
    seen = SeenPrompts()
    for number in range(REMEMBERED_PROMPTS + 1):
        seen.is_new(str(number))
    assert len(seen.to_list()) == REMEMBERED_PROMPTS
    assert seen.is_new("0")
    assert not seen.is_new(str(REMEMBERED_PROMPTS))


def test_an_eager_life_gains_more() -> None:
    vitals, settings = Vitals(), LifecycleSettings()
    vitals.temperament = 0.5
    assert exposure_gain(vitals, settings) == 2
    vitals.temperament = 0.51
    assert exposure_gain(vitals, settings) == 3
