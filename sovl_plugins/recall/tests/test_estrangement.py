"""Dreams behind the prompts of others."""

from __future__ import annotations

import random

import pytest

from sovl_core.data_processing import Example, collate, tokenize_and_map
from sovl_core.events import Dream
from sovl_recall.estrangement import estrange

DREAMS = [
    Dream("question", "who is my dog", "your dog is called rex", [1]),
    Dream("question", "what is in graz", "the cat lives in graz", [2]),
    Dream("background", "tell me about tea", "tea is tea"),
    Dream("contrast", "who is my cat", "the cat"),
    Dream("question", "what likes tea", "the cat likes tea", [3]),
]


PROMPTS = [dream.prompt for dream in DREAMS]


@pytest.fixture
def batch(models):
    examples = [Example(d.prompt, d.completion, d.kind, dream=d) for d in DREAMS]
    return collate(tokenize_and_map(models.base_tokenizer, examples), 0)


def test_dreams_of_memories_with_rows_are_told_behind_other_prompts(models, batch):
    found, changed = estrange(batch, models, {1, 2}, PROMPTS, 1.0, random.Random(1), "")
    assert changed
    assert set(changed) <= {0, 1}
    for row, memory in changed.items():
        example = found.examples[row]
        assert memory == DREAMS[row].parents[0]
        assert example.completion == DREAMS[row].completion
        assert example.prompt in PROMPTS
    assert any(found.examples[row].prompt != DREAMS[row].prompt for row in changed)
    for row in set(range(len(DREAMS))) - set(changed):
        assert found.encoded[row] is batch.encoded[row]


def test_what_is_the_bases_own_stays_and_so_do_memories_without_rows(models, batch):
    for seed in range(20):
        _, changed = estrange(batch, models, {1}, PROMPTS, 1.0, random.Random(seed), "")
        assert set(changed) <= {0}


def test_a_share_of_none_changes_nothing(models, batch):
    found, changed = estrange(batch, models, {1, 2, 3}, PROMPTS, 0.0, random.Random(0), "")
    assert found is batch
    assert changed == {}


def test_without_prompts_to_put_them_behind_dreams_stay(models, batch):
    assert estrange(batch, models, {1, 2, 3}, [], 1.0, random.Random(0), "") == (batch, {})
