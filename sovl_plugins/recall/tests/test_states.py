"""What rows are to begin with: the scaffold's states of a memory as it is told, with what each token says."""

from __future__ import annotations

import pytest
import torch

from sovl_core.scaffold import scaffold_hidden_states
from sovl_recall.states import memory_states, told


@pytest.fixture
def memories(models):
    return [told(models, "my dog is called rex", "your dog is called rex", ""), told(models, "tea", "tea", "")]


def scaled(states):
    return states / states.pow(2).mean(-1, keepdim=True).sqrt()


def test_a_row_is_the_state_before_a_token_and_the_token_itself(models, memories):
    found = memory_states(models, memories, 99)
    for memory, rows in zip(memories, found):
        ids = torch.tensor([memory.input_ids])
        states = scaled(scaffold_hidden_states(models.scaffold, ids, torch.ones_like(ids))[0])
        said = scaled(models.scaffold.get_input_embeddings()(ids)[0])
        first = memory.prompt_length
        assert rows.shape == (len(memory) - first, 32)
        assert torch.allclose(rows, states[first - 1 : -1] + said[first:], atol=0.02)


def test_of_a_long_memory_the_first_rows_are_kept(models, memories):
    whole, short = memory_states(models, memories[:1], 99)[0], memory_states(models, memories[:1], 2)[0]
    assert torch.allclose(short, whole[:2], atol=1e-5)


def test_the_scaffold_learns_from_what_is_recalled(models, memories):
    memory_states(models, memories, 99)[0].sum().backward()
    assert any(p.grad is not None and p.grad.abs().sum() > 0 for p in models.scaffold.parameters() if p.requires_grad)


def test_without_gradients_there_are_none(models, memories):
    with torch.no_grad():
        assert not memory_states(models, memories, 99)[0].requires_grad
