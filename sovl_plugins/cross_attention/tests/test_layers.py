from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from sovl_cross_attention.layers import GatedCrossAttention, Projection, RMSNorm


@pytest.fixture
def layer():
    torch.manual_seed(0)
    made = GatedCrossAttention(width=12, source_width=20, heads=3, head_width=8)
    with torch.no_grad():
        made.gate.fill_(0.5)
    return made


def hear(layer, source, bias=None):
    return layer.keys_values(source, torch.zeros(source.shape[:2]) if bias is None else bias)


def test_the_norm_brings_every_vector_to_unit_root_mean_square():
    normed = RMSNorm(16)(torch.randn(3, 5, 16) * 7)
    torch.testing.assert_close(normed.pow(2).mean(-1), torch.ones(3, 5), rtol=1e-4, atol=1e-4)


def test_at_the_start_it_says_nothing_and_can_learn_to():
    layer = GatedCrossAttention(12, 20, 3, 8)
    residual = layer(torch.randn(2, 4, 12), hear(layer, torch.randn(2, 6, 20)))
    assert torch.equal(residual, torch.zeros(2, 4, 12))
    residual.sum().backward()
    # One factor alone is zero: with the output projection zero too, no gradient would reach the gate.
    assert float(layer.gate.grad.abs()) > 0


def test_it_is_attention_behind_a_gate(layer):
    hidden, source = torch.randn(2, 4, 12), torch.randn(2, 6, 20)
    bias = torch.randn(2, 6)
    with torch.no_grad():
        ours = layer(hidden, hear(layer, source, bias), scale=0.3)
        query, normed = layer.query(layer.norm(hidden)), layer.source_norm(source)
        keys, values = layer.key(normed), layer.value(normed)
        heads = []
        for head in range(3):
            part = slice(8 * head, 8 * head + 8)
            weights = torch.softmax(query[..., part] @ keys[..., part].mT / 8**0.5 + bias[:, None], -1)
            heads.append(weights @ values[..., part])
        expected = torch.tanh(layer.gate) * 0.3 * layer.output(torch.cat(heads, -1))
    torch.testing.assert_close(ours, expected, rtol=1e-4, atol=1e-6)


def test_rows_shut_out_by_their_bias_are_not_heard(layer):
    hidden, source = torch.randn(1, 4, 12), torch.randn(1, 6, 20)
    bias = torch.zeros(1, 6)
    bias[:, 4:] = float("-inf")
    with torch.no_grad():
        some = layer(hidden, hear(layer, source, bias))
        torch.testing.assert_close(some, layer(hidden, hear(layer, source[:, :4])))
        source[:, 4:] = 99.0
        assert torch.equal(layer(hidden, hear(layer, source, bias)), some)


def test_each_position_listens_for_itself(layer):
    hidden, context = torch.randn(1, 5, 12), hear(layer, torch.randn(1, 6, 20))
    with torch.no_grad():
        before = layer(hidden, context)
        hidden[:, 3] += 1.0
        after = layer(hidden, context)
    assert torch.equal(after[:, :3], before[:, :3])
    assert torch.equal(after[:, 4], before[:, 4])
    assert not torch.equal(after[:, 3], before[:, 3])


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16])
def test_the_residual_has_the_bases_precision(layer, dtype):
    assert layer(torch.randn(1, 2, 12).to(dtype), hear(layer, torch.randn(1, 3, 20))).dtype == dtype


@given(scale=st.floats(0, 4))
def test_influence_multiplies(scale):
    torch.manual_seed(1)
    layer = GatedCrossAttention(12, 20, 3, 8)
    torch.nn.init.constant_(layer.gate, 0.5)
    hidden, context = torch.randn(1, 2, 12), hear(layer, torch.randn(1, 3, 20))
    with torch.no_grad():
        torch.testing.assert_close(layer(hidden, context, scale), layer(hidden, context) * scale, rtol=1e-3, atol=1e-6)


def test_the_projection_is_needed_only_between_different_widths():
    states = torch.randn(2, 3, 8)
    assert Projection(8, 8)(states) is states
    assert list(Projection(8, 8).parameters()) == []
    assert Projection(8, 12)(states).shape == (2, 3, 12)
