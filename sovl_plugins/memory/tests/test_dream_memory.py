"""Traces: laid down with noise, fading, pruned, bounded, saved."""

from __future__ import annotations

import random
import sys

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from sovl_memory import DreamMemory, MemorySettings, Trace, dream_memory_decay
from sovl_memory.dream_memory import noise_share

VECTOR = torch.linspace(-1, 1, 8)


def dreamed(count, **settings):
    memory = DreamMemory(MemorySettings(**settings))
    for episode in range(count):
        memory.dream(VECTOR + episode, episode, melancholic=False, rng=random.Random(episode))
    return memory


@given(st.lists(st.floats(0.001, 1), max_size=12), st.floats(0, 1), st.floats(0, 1), st.integers(0, 60))
def test_decay_keeps_order_and_prunes_what_is_faint(weights, decay, threshold, steps):
    traces = [Trace(VECTOR, weight, number) for number, weight in enumerate(weights)]
    left = dream_memory_decay(traces, decay, threshold, steps)
    assert [trace.episode for trace in left] == [
        number for number, weight in enumerate(weights) if weight * decay**steps >= threshold
    ]
    assert all(trace.weight == weights[trace.episode] * decay**steps for trace in left)


def test_a_trace_is_forgotten_after_so_many_turns():
    memory = dreamed(1)
    memory.fade(44)
    assert len(memory.traces) == 1
    memory.fade()
    assert memory.traces == []


def test_older_traces_fade_with_each_dream():
    assert [trace.weight for trace in dreamed(3).traces] == pytest.approx([0.95**2, 0.95, 1.0])


def test_the_faintest_gives_way():
    memory = dreamed(12)
    assert [trace.episode for trace in memory.traces] == list(range(2, 12))


def test_no_room_keeps_nothing():
    assert dreamed(2, dream_memory_size=0).traces == []


def test_dreaming_of_the_same_again_renews_the_trace():
    memory = dreamed(2)
    memory.dream(VECTOR, 0, melancholic=False, rng=random.Random(0))
    assert [(trace.episode, trace.weight) for trace in memory.traces] == [(1, 0.95), (0, 1.0)]


@pytest.mark.parametrize(
    ("melancholic", "novel", "share"),
    [(False, False, 0.05), (True, False, 0.07), (False, True, 0.08), (True, True, 0.1)],
)
def test_noise_grows_with_melancholy_and_novelty(melancholic, novel, share):
    assert noise_share(MemorySettings(), melancholic, novel) == pytest.approx(share)


def test_noise_is_limited():
    assert noise_share(MemorySettings(noise=0.5), False, False) == 0.1


def test_noise_is_a_share_of_the_traces_own_strength():
    strong = torch.full((4096,), 30.0)
    memory = DreamMemory(MemorySettings())
    memory.dream(strong, 1, melancholic=False, rng=random.Random(1))
    noise = (memory.traces[0].vector - strong).pow(2).mean().sqrt()
    assert noise.item() == pytest.approx(0.08 * 30, rel=0.1)


def test_the_same_seed_gives_the_same_trace():
    assert torch.equal(dreamed(1).traces[0].vector, dreamed(1).traces[0].vector)


def test_rows_are_vectors_and_weights():
    vectors, weights = dreamed(2).rows()
    assert vectors.shape == (2, 8)
    assert weights.tolist() == pytest.approx([0.95, 1.0])
    assert dreamed(0).rows() is None


def test_state_round_trips():
    memory, again = dreamed(3), DreamMemory(MemorySettings())
    values, tensors = {}, {}
    memory.save(values, tensors)
    again.load(values, tensors)
    assert [(trace.weight, trace.episode) for trace in again.traces] == [
        (trace.weight, trace.episode) for trace in memory.traces
    ]
    assert torch.equal(again.rows()[0], memory.rows()[0])


@pytest.mark.parametrize(
    ("values", "tensors"), [({}, {}), ({"traces": [[1.0, 1]]}, {}), ({}, {"dream_memory": VECTOR[None]})]
)
def test_a_state_that_lacks_something_is_an_empty_memory(values, tensors):
    memory = dreamed(1)
    memory.load(values, tensors)
    assert memory.traces == []


def test_a_memory_without_traces_is_taken_back_without_torch(monkeypatch):
    memory = DreamMemory(MemorySettings())
    monkeypatch.setitem(sys.modules, "torch", None)
    memory.load({"traces": []}, {})
    assert memory.traces == []
