"""What tells nothing of the user or their world."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sovl_dream.small_talk import is_small_talk, is_supposed

pytestmark = pytest.mark.no_torch


@pytest.mark.parametrize(
    "sentence",
    [
        "Hello there",
        "I'm tired",
        "I don't think so",
        "I need help",
        "I forgot what I wanted to say",
        "I never remember where the spare key is",
        "I've no idea who invented the zip",
        "I can't remember who wrote Hamlet",
        "I'd like to know more",
        "I like you",
        "I hate this",
    ],
)
def test_small_talk(sentence):
    assert is_small_talk(sentence)


@pytest.mark.parametrize(
    "sentence",
    ["I'm a nurse", "I don't eat meat", "I need glasses to read", "I'd like to visit Japan", "My god-daughter is Ida",
     "My problem number is 3", "Helena is my boss", "Whitney is my boss", "I feed the birds",
     "I forgot my umbrella on the train", "I can't remember names"],
)  # fmt: skip
def test_statements_are_none(sentence):
    assert not is_small_talk(sentence)


def test_what_is_only_supposed():
    assert is_supposed("If I were rich, I would travel")
    assert is_supposed("Maybe I will go to Rome")
    assert not is_supposed("Iffy is my cat")


@given(st.text(max_size=80))
def test_any_text_is_judged(text):
    for judged in (is_small_talk, is_supposed):
        assert judged(text) in (True, False)
