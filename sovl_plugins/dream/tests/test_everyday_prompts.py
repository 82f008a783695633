"""Everyday prompts: varied, and nobody's memories."""

from __future__ import annotations

import re

import pytest

from sovl_core.records import Episode
from sovl_dream.contrast import PERSONAL
from sovl_dream.everyday_prompts import EVERYDAY
from sovl_dream.memories import statements_in

pytestmark = pytest.mark.no_torch


def test_no_prompt_comes_twice():
    assert len({prompt.lower() for prompt in EVERYDAY}) == len(EVERYDAY) >= 50


#: Verbs that tell something lasting of somebody; what else looks like a statement tells of the moment.
LASTING = ("live", "work", "keep", "own", "drive", "name", "call", "prefer", "study")


@pytest.mark.parametrize("prompt", EVERYDAY)
def test_each_is_a_sentence_that_tells_nothing_lasting(prompt):
    assert prompt == prompt.strip()
    assert prompt.endswith((".", "?", "!"))
    for statement in statements_in(Episode(1, "c", prompt)):
        assert statement.lemma not in LASTING
        assert not re.search(r"called|named|born|favou?rite|name|birthday", statement.text)


def test_none_asks_for_what_somebody_may_have_told():
    assert set(EVERYDAY).isdisjoint(question for question, _ in PERSONAL)


@pytest.mark.parametrize("first", ["What", "Who", "Where", "When", "Which", "How", "Tell", "I", "My", "Do", "Can"])
def test_they_begin_like_what_is_asked_about_memories(first):
    """Otherwise a relevance gate learns to tell first words apart."""
    assert sum(prompt.split()[0] == first for prompt in EVERYDAY) >= 2
