"""Everyday prompts: varied, and nobody's memories."""

from __future__ import annotations

import pytest

from sovl_core.records import Episode
from sovl_dream.everyday_prompts import EVERYDAY
from sovl_dream.memories import statements_in

pytestmark = pytest.mark.no_torch


def test_no_prompt_comes_twice():
    assert len({prompt.lower() for prompt in EVERYDAY}) == len(EVERYDAY) >= 50


@pytest.mark.parametrize("prompt", EVERYDAY)
def test_each_is_a_sentence_that_tells_no_news(prompt):
    assert prompt == prompt.strip()
    assert prompt.endswith((".", "?", "!"))
    assert statements_in(Episode(1, "c", prompt)) == [] or prompt == "I am bored."
