from __future__ import annotations

import pytest
import torch

from sovl_cross_attention.relevance import RelevanceGate, prompt_features


@pytest.fixture
def fitted():
    torch.manual_seed(0)
    features = torch.randn(40, 16)
    features[:20, 0] += 6
    # A dimension that is large and says nothing, as language models have them.
    features[:, 1] *= 500
    gate = RelevanceGate()
    gate.remember([f"p{i}" for i in range(40)], features, [i < 20 for i in range(40)])
    return gate, features


def test_a_gate_that_saw_both_kinds_opens_for_one_and_shuts_for_the_other(fitted):
    gate, features = fitted
    relevance = gate.relevance(features)
    assert bool((relevance[:20] > 0.5).all())
    assert bool((relevance[20:] < 0.5).all())


@pytest.mark.parametrize("labels", [[], [True, True], [False]])
def test_a_gate_that_saw_one_kind_alone_is_not_fitted(labels):
    gate = RelevanceGate()
    gate.remember([str(i) for i in range(len(labels))], torch.randn(len(labels), 4), labels)
    assert not gate.fitted


def test_a_saved_gate_says_the_same_after_loading(fitted):
    gate, features = fitted
    values, tensors = {}, {}
    gate.save(values, tensors)
    other = RelevanceGate()
    other.load(values, tensors)
    assert torch.allclose(other.relevance(features), gate.relevance(features))
    assert other.knows("p3", True)


def test_unseen_and_extreme_prompts_get_a_probability(fitted):
    gate, _ = fitted
    relevance = gate.relevance(torch.cat([torch.zeros(1, 16), torch.full((1, 16), 1e6), -torch.full((1, 16), 1e6)]))
    assert bool(((relevance >= 0) & (relevance <= 1)).all())


def test_features_of_a_prompt_do_not_depend_on_its_neighbours(open_life):
    models = open_life("cross_attention").models()
    together = prompt_features(models, ["Hello there", "What is the name of my dog, please?"], 0.5)
    alone = prompt_features(models, ["Hello there"], 0.5)
    assert torch.allclose(together[:1], alone, atol=1e-5)
    assert together.shape == (2, 64)
    assert torch.allclose(together.pow(2).mean(-1), torch.ones(2), atol=1e-3)
