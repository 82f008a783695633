from __future__ import annotations

from typing import Any, Callable, Dict, Tuple

import pytest
import torch
from torch import nn

from sovl_core.models import Models
from sovl_core.optimizer_state import optimizer_state, restore_optimizer_state
from sovl_core.training import setup_optimizer


class Pair(nn.Module):
    """Two parameters, of which a step may move one alone."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.second = nn.Parameter(torch.ones(3)), nn.Parameter(torch.ones(2, 2))


@pytest.fixture
def learning() -> Callable[..., Tuple[Models, Any]]:
    """Return ``build(swapped)``: models with two trainables, entered in either order, and an optimizer over them."""

    def build(swapped: bool = False) -> Tuple[Models, Any]:
        models = Models(nn.Linear(2, 2), None)
        for name in ("b", "a") if swapped else ("a", "b"):
            models.register_trainable(name, Pair(), learning_rate_scale=2.0 if name == "a" else 1.0)
        return models, setup_optimizer(models, 0.1, 0.01, 10)[0]

    return build


def step(models: Models, optimizer: Any, towards: float) -> None:
    for trainable in models.trainables.values():
        parameter = trainable.parameters()["first"]
        ((parameter - towards * torch.arange(3.0)) ** 2).sum().backward()
    optimizer.step()
    optimizer.zero_grad(set_to_none=True)


def flat(models: Models) -> Dict[str, torch.Tensor]:
    return {f"{name}|{key}": p for name, tensors in models.snapshot().items() for key, p in tensors.items()}


def test_it_is_told_by_name_and_of_what_was_moved_alone(learning: Any) -> None:
    models, optimizer = learning()
    assert optimizer_state(models, optimizer) == {}
    step(models, optimizer, 1.0)
    found = optimizer_state(models, optimizer)
    assert {name: set(tensors) for name, tensors in found.items()} == {"a": {"first"}, "b": {"first"}}
    assert found["a"]["first"]["step"].item() == 1
    assert found["a"]["first"]["exp_avg"].shape == (3,)


def test_what_is_told_does_not_change_with_further_steps(learning: Any) -> None:
    models, optimizer = learning()
    step(models, optimizer, 1.0)
    found = optimizer_state(models, optimizer)
    before = found["a"]["first"]["exp_avg"].clone()
    step(models, optimizer, 5.0)
    assert torch.equal(found["a"]["first"]["exp_avg"], before)


@pytest.mark.parametrize("swapped", [False, True])
def test_another_optimizer_goes_on_as_the_first_would_have(learning: Any, swapped: bool) -> None:
    models, optimizer = learning()
    step(models, optimizer, 1.0)
    weights, remembered = models.snapshot(), optimizer_state(models, optimizer)
    step(models, optimizer, -3.0)

    others, other = learning(swapped)
    others.restore(weights)
    restore_optimizer_state(others, other, remembered)
    step(others, other, -3.0)
    expected = flat(models)
    assert all(torch.equal(expected[name], tensor) for name, tensor in flat(others).items())

    forgetful, fresh = learning()
    forgetful.restore(weights)
    step(forgetful, fresh, -3.0)
    assert any(not torch.equal(expected[name], tensor) for name, tensor in flat(forgetful).items())


def test_what_it_does_not_know_begins_anew(learning: Any) -> None:
    models, optimizer = learning()
    step(models, optimizer, 1.0)
    remembered = optimizer_state(models, optimizer)
    del remembered["b"]
    remembered["gone"] = {"first": {"step": torch.tensor(1.0)}}
    others, other = learning()
    restore_optimizer_state(others, other, remembered)
    assert set(optimizer_state(others, other)) == {"a"}


def test_rates_stay_those_of_the_new_optimizer(learning: Any) -> None:
    models, optimizer = learning()
    step(models, optimizer, 1.0)
    others, other = learning()
    rates = [group["lr"] for group in other.param_groups]
    for group in optimizer.param_groups:
        group["lr"] = 7.0
    restore_optimizer_state(others, other, optimizer_state(models, optimizer))
    assert [group["lr"] for group in other.param_groups] == rates
