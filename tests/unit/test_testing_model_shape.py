"""What hangs on a model, and what has been taken off again."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from sovl_core.testing.model_shape import ModelShape


@pytest.fixture
def model() -> nn.Module:
    return nn.Sequential(nn.Linear(2, 2), nn.ReLU()).requires_grad_(False).eval()


def test_what_is_taken_off_again_is_no_change(model: nn.Module) -> None:
    shape = ModelShape(model)
    model[0].register_forward_hook(lambda *_: None).remove()
    model(torch.zeros(1, 2))
    assert shape.changes() == []


def test_hooks_and_patched_methods(model: nn.Module) -> None:
    shape = ModelShape(model)
    model[0].register_forward_hook(lambda *_: None)
    model[0].register_forward_pre_hook(lambda *_: None)
    model[1].forward = lambda states: states
    assert shape.changes() == [
        "its module 0 has hooks: 2, and had 0",
        "its module 1 has patched methods: ['forward'], and had []",
    ]


def test_modules(model: nn.Module) -> None:
    shape = ModelShape(model)
    model[0] = nn.Bilinear(2, 2, 2).requires_grad_(False).eval()
    model.append(nn.Tanh().eval())
    assert "its module 2 is new" in shape.changes()
    assert "its module 0 has class: Bilinear, and had Linear" in shape.changes()
    del model[2], model[1]
    assert "its module 1 is gone" in shape.changes()


def test_modes_and_weights(model: nn.Module) -> None:
    shape = ModelShape(model)
    model[1].train()
    model[0].bias.requires_grad_(True)
    with torch.no_grad():
        model[0].weight[0, 0] += 1
    assert shape.changes() == [
        "its module 0 has parameters that learn: ['bias'], and had []",
        "its module 1 has training mode: True, and had False",
        "its weights 0.weight were changed",
    ]
