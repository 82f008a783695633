"""Everyday prompts: varied, and nobody's memories."""

from __future__ import annotations

import pytest

from sovl_core.records import Episode
from sovl_dream.contrast import PERSONAL
from sovl_dream.everyday_prompts import EVERYDAY
from sovl_dream.memories import statements_in

pytestmark = pytest.mark.no_torch


def test_no_prompt_comes_twice():
    assert len({prompt.lower() for prompt in EVERYDAY}) == len(EVERYDAY) >= 50


#: What a statement would be made of if somebody told it; it tells of the moment, and of nobody in particular.
OF_THE_MOMENT = {
    "I am bored.",
    "I am tired today.",
    "I had a long day.",
    "I feel great this morning.",
    "I am so happy right now.",
    "I don't know what to do.",
    "I need some advice.",
    "I am thinking about the weekend.",
    "I want to learn something new.",
    "I have a question.",
    "I just came back.",
    "I will be back later.",
    "My computer is slow. What can I do?",
    "My plant has yellow leaves. What should I do?",
    "Remind me how photosynthesis works.",
}


@pytest.mark.parametrize("prompt", EVERYDAY)
def test_each_is_a_sentence_that_tells_no_news(prompt):
    assert prompt == prompt.strip()
    assert prompt.endswith((".", "?", "!"))
    assert statements_in(Episode(1, "c", prompt)) == [] or prompt in OF_THE_MOMENT


def test_none_asks_for_what_somebody_may_have_told():
    assert set(EVERYDAY).isdisjoint(question for question, _ in PERSONAL)


@pytest.mark.parametrize("first", ["What", "Who", "Where", "When", "Which", "How", "Tell", "I", "My", "Do", "Can"])
def test_they_begin_like_what_is_asked_about_memories(first):
    """Otherwise a relevance gate learns to tell first words apart."""
    assert sum(prompt.split()[0] == first for prompt in EVERYDAY) >= 2
