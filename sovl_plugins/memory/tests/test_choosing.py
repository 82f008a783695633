"""Which memories are dreamed about, and the states they leave."""

from __future__ import annotations

import random

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from sovl_core.scaffold import scaffold_hidden_states
from sovl_memory.choosing import BATCH, dream_weights, pick, pooled_states


def test_weights_are_half_likeness_half_recency():
    assert dream_weights([1.0, 0.0, -1.0, -1.0], 4) == pytest.approx([0.625, 0.25, 0.0, 0.0])
    assert dream_weights(None, 2) == pytest.approx([0.25, 0.5])
    assert dream_weights(None, 0) == []


@pytest.mark.parametrize(("prompt_weight", "weights"), [(0.0, [0.5, 1.0]), (1.0, [0.8, 0.0]), (0.25, [0.575, 0.75])])
def test_how_much_likeness_counts_can_be_chosen(prompt_weight, weights):
    assert dream_weights([0.8, 0.0], 2, prompt_weight) == pytest.approx(weights)


@given(st.lists(st.floats(0, 1), max_size=10), st.integers(0, 12), st.integers())
def test_picked_items_are_different_and_as_many_as_there_are(weights, count, seed):
    picked = pick(range(len(weights)), weights, count, random.Random(seed))
    assert len(picked) == len(set(picked)) == min(count, len(weights))


def test_an_item_of_no_weight_is_not_picked_before_others():
    assert all(pick("ab", [0.0, 0.1], 1, random.Random(seed)) == ["b"] for seed in range(20))


def test_states_are_averages_over_the_words_alone(models, tokenizer):
    texts = ["my dog", "the cat likes tea and lives in graz"] * BATCH
    states = pooled_states(models, texts)
    assert states.shape == (len(texts), 32)
    for position in (0, 1):
        ids = tokenizer(texts[position], return_tensors="pt")["input_ids"]
        with torch.no_grad():
            alone = scaffold_hidden_states(models.scaffold, ids, torch.ones_like(ids)).mean(dim=1)[0]
        assert torch.allclose(states[position], alone, atol=1e-5)
    assert torch.allclose(states[0], states[-2], atol=1e-5)


def test_a_text_without_words_has_a_state_all_the_same(models):
    assert torch.isfinite(pooled_states(models, [""])).all()
