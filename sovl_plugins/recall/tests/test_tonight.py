"""How tonight's memories are told, and what their dreams may stand behind."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from sovl_core.events import Dream
from sovl_recall.tonight import Tonight

MEMORIES = [SimpleNamespace(id=1, prompt="my dog is called rex"), SimpleNamespace(id=2, prompt="the cat likes tea")]
#: Newest first, as the journal gives them.
DREAMS = [
    Dream("contrast", "who is my cat", "tea", [1], verdict="accepted"),
    Dream("background", "tell me about graz", "graz is graz", verdict="accepted"),
    Dream("question", "who", "your dog is called rex", [1], verdict="accepted"),
    Dream("question", "who lives", "your dog lives", [1], verdict="rejected"),
    Dream("question", "what", "rex", [1], verdict="accepted", held_out=True),
    Dream("question", "tell me", "your dog is called rex", [1], verdict="accepted"),
]


class Dreamed:
    """A journal that counts how often it is asked."""

    def __init__(self, dreams):
        self.found, self.asked = dreams, 0

    def dreams(self, night, limit):
        assert (night, limit) == (4, None)
        self.asked += 1
        return self.found


@pytest.fixture
def tonight():
    return lambda dreams: Tonight(SimpleNamespace(number=4, memories=MEMORIES), Dreamed(dreams), "")


def words(encoded):
    return encoded.example.prompt, encoded.example.completion


def test_a_memory_is_told_in_the_words_of_its_accepted_dreams_each_once_oldest_first(tonight, models):
    assert words(tonight(DREAMS).told(1, models)) == ("my dog is called rex", "rex your dog is called rex")


def test_without_a_dream_it_is_told_in_its_own_words(tonight, models):
    assert words(tonight(DREAMS).told(2, models)) == ("the cat likes tea", "the cat likes tea")


def test_prompts_are_those_of_accepted_dreams_that_are_trained_on(tonight):
    assert tonight(DREAMS).prompts() == ["tell me", "who", "tell me about graz", "who is my cat"]


def test_dreams_are_looked_up_once_when_there_are_some(tonight, models):
    night = tonight([])
    assert night.prompts() == []
    night._journal.found = DREAMS
    assert len(night.prompts()) == 4
    assert night.told(1, models) is night.told(1, models)
    assert night._journal.asked == 2
