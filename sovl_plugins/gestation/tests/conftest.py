"""A life on a tiny model whose nights are short."""

from __future__ import annotations

import pytest

GESTATION = {
    "dreams_per_memory": 3,
    "background": 4,
    "batch_answers": 4,
    "batch_background": 2,
    "least_steps": 4,
    "most_steps": 4,
    "most_deep_steps": 4,
    "checkpoint_steps": 2,
    "known_probability": 1.0,
    "least_recall": 0.0,
    "drift_budget": 100.0,
    "judged_memories": 2,
}
DREAM = {"sampled_background": 0.0, "background_tokens": 4, "cues": 2, "reverse": 1, "contrast": 3.0}


@pytest.fixture
def short_nights(open_life):
    """Return ``open(**gestation)``: a life that dreams and learns, with these settings of its nights."""

    def open_it(**gestation):
        settings = {f"plugins__gestation__{key}": value for key, value in {**GESTATION, **gestation}.items()}
        settings.update({f"plugins__dream__{key}": value for key, value in DREAM.items()})
        # Random weights know of no relevance, and the scaffold must be heard.
        settings["plugins__cross_attention__relevance_gate"] = False
        return open_life("cross_attention", "dream", "gestation", **settings)

    return open_it


@pytest.fixture
def weights():
    """Return ``read(system)``: a copy of everything that learns, flat."""

    def read(system):
        state = system.models().snapshot()
        return {f"{name}|{key}": t.clone() for name, tensors in state.items() for key, t in tensors.items()}

    return read


@pytest.fixture
def same():
    """Return ``same(one, other)``: whether two readings of weights are equal, bit for bit."""
    import torch

    return lambda one, other: one.keys() == other.keys() and all(torch.equal(one[k], other[k]) for k in one)
