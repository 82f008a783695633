from __future__ import annotations

import pytest
import torch

from sovl_cross_attention.reader import read
from sovl_cross_attention.stack import get_cross_attention_layers, insert_cross_attention

IDS = torch.tensor([[5, 9, 20, 33, 41, 50]])


@pytest.fixture
def models(open_life):
    return open_life("memory").models()


@pytest.fixture
def stack(models):
    stack = insert_cross_attention(models, [1, 3], 64, seed=1)
    yield stack
    stack.remove()


def logits(models, ids=IDS):
    with torch.no_grad():
        return models.base(input_ids=ids).logits


def open_gates(stack):
    for layer in stack.cross_layers():
        layer.gate.data.fill_(0.9)


def test_closed_gates_leave_every_bit_of_the_base(models, stack):
    before = logits(models)
    with stack.hearing(read(models, ["my dog"])):
        assert torch.equal(logits(models), before)
    assert stack.is_identity


def test_what_is_heard_changes_the_last_position_of_a_pass_alone(models, stack):
    before = logits(models)
    open_gates(stack)
    with stack.hearing(read(models, ["my dog"])):
        heard = logits(models)
    assert torch.equal(heard[:, :-1], before[:, :-1])
    assert not torch.allclose(heard[:, -1], before[:, -1])
    assert torch.equal(logits(models), before)


def test_bypass_and_no_influence_are_the_bare_base(models, stack):
    before = logits(models)
    open_gates(stack)
    context = read(models, ["my dog"])
    with stack.hearing(context), models.bypass():
        assert torch.equal(logits(models), before)
    context.influence = 0.0
    with stack.hearing(context):
        assert torch.equal(logits(models), before)


def test_a_later_token_never_reaches_an_earlier_one(models, stack):
    open_gates(stack)
    other = IDS.clone()
    other[0, -1] = 77
    with stack.hearing(read(models, ["my dog"]), everywhere=True):
        first, second = logits(models), logits(models, other)
    assert torch.equal(first[:, :-1], second[:, :-1])
    assert not torch.allclose(first[:, -1], second[:, -1])


def test_positions_say_where_it_speaks(models, stack):
    before = logits(models)
    open_gates(stack)
    positions = torch.tensor([[False, False, False, True, True, True]])
    with stack.hearing(read(models, ["my dog"]), positions=positions):
        heard = logits(models)
    assert torch.equal(heard[:, :3], before[:, :3])
    assert not torch.allclose(heard[:, 3], before[:, 3])


def test_rows_beside_the_prompt_are_heard_and_biased_away(models, stack):
    open_gates(stack)
    plain = read(models, ["my dog"])
    with stack.hearing(plain):
        without = logits(models)
    plain.extra_rows = torch.randn(2, 64)
    with stack.hearing(plain):
        assert not torch.allclose(logits(models), without)
    plain.extra_bias = torch.full((2,), float("-inf"))
    with stack.hearing(plain):
        assert torch.allclose(logits(models), without, atol=1e-5)


def test_removed_hooks_leave_nothing_behind(models, stack):
    before = logits(models)
    open_gates(stack)
    stack.remove()
    with stack.hearing(read(models, ["my dog"])):
        assert torch.equal(logits(models), before)


def test_layers_are_told(stack):
    assert get_cross_attention_layers(stack) == [1, 3]
