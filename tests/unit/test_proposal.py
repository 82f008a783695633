from __future__ import annotations

import contextlib
import threading
from typing import Any, Iterator, List

import pytest

from sovl_core.events import NightInterrupted
from sovl_core.model_gate import ModelGate
from sovl_core.proposal import propose

WAIT = 10.0


class Host:
    def __init__(self, models: Any) -> None:
        self.models = models

    def get(self) -> Any:
        return self.models


def weight(models: Any) -> List[List[float]]:
    return models.trainables["adapter"].module.weight.tolist()


def train(models: Any, value: float) -> None:
    import torch

    with torch.no_grad():
        models.trainables["adapter"].module.weight.fill_(value)


@pytest.fixture
def models(linear_models: Any) -> Any:
    return linear_models()


def waiting_turn(gate: ModelGate, during: Any) -> threading.Thread:
    """Start a turn in another thread and return once it waits at the gate."""

    def turn() -> None:
        with gate.turn():
            during()

    thread = threading.Thread(target=turn, daemon=True)
    thread.start()
    for _ in range(2000):
        if gate._turns:
            return thread
        threading.Event().wait(0.005)
    raise AssertionError("the turn never came to the gate")


def test_what_was_trained_is_undone_unless_kept(models: Any) -> None:
    gate = ModelGate()
    with propose(Host(models), gate, "a night", lambda: False):
        train(models, 5.0)
    assert weight(models) == [[0.0, 0.0], [0.0, 0.0]]
    with propose(Host(models), gate, "a night", lambda: False) as proposal:
        train(models, 5.0)
        proposal.keep()
    assert weight(models) == [[5.0, 5.0], [5.0, 5.0]]


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, NightInterrupted])
def test_what_was_trained_is_undone_after_an_exception(models: Any, error: Any) -> None:
    def fails() -> None:
        with propose(Host(models), ModelGate(), "a night", lambda: False):
            train(models, 5.0)
            raise error

    with pytest.raises(error):
        fails()
    assert weight(models) == [[0.0, 0.0], [0.0, 0.0]]


def test_a_turn_meanwhile_sees_the_accepted_weights_in_evaluation_mode(models: Any) -> None:
    import torch

    gate, seen = ModelGate(), []
    adapter = models.trainables["adapter"].module.train()

    def during() -> None:
        seen.append((weight(models)[0][0], adapter.training, models.scaffold_enabled))
        torch.manual_seed(1)
        torch.rand(3)

    with propose(Host(models), gate, "a night", lambda: False) as proposal:
        train(models, 5.0)
        torch.manual_seed(7)
        expected = torch.rand(1)
        torch.manual_seed(7)
        with models.bypass():
            thread = waiting_turn(gate, during)
            proposal.breathe()
            assert not models.scaffold_enabled
        assert weight(models)[0][0] == 5.0
        assert adapter.training
        assert torch.equal(torch.rand(1), expected)
        thread.join(WAIT)
    assert seen == [(0.0, False, True)]


def test_what_plugins_accepted_besides_weights_is_put_in_place_as_well(models: Any) -> None:
    gate, state, seen = ModelGate(), ["candidate"], []

    @contextlib.contextmanager
    def accepted() -> Iterator[None]:
        state[0] = "accepted"
        yield
        state[0] = "candidate"

    with propose(Host(models), gate, "a night", lambda: False) as proposal:
        proposal.while_awake.append(accepted)
        thread = waiting_turn(gate, lambda: seen.append(state[0]))
        proposal.breathe()
        thread.join(WAIT)
        assert state == ["candidate"]
    assert seen == ["accepted"]


def test_when_that_fails_the_weights_are_the_works_own_again(models: Any) -> None:
    gate = ModelGate()

    def fails() -> Any:
        raise ValueError("no accepted state")

    with propose(Host(models), gate, "a night", lambda: False) as proposal:
        proposal.while_awake.append(fails)
        train(models, 5.0)
        thread = waiting_turn(gate, lambda: None)
        with pytest.raises(ValueError, match="no accepted state"):
            proposal.breathe()
        assert weight(models)[0][0] == 5.0
    thread.join(WAIT)
    assert not thread.is_alive()


def test_a_breath_ends_the_work_of_a_life_that_closes(models: Any) -> None:
    stopping: List[bool] = []
    with propose(Host(models), ModelGate(), "a night", lambda: bool(stopping)) as proposal:
        proposal.breathe()
        stopping.append(True)
        with pytest.raises(NightInterrupted, match="closed"):
            proposal.breathe()


def test_a_life_that_closes_during_a_turn_ends_the_work_after_it(models: Any) -> None:
    gate, stopping = ModelGate(), []
    with propose(Host(models), gate, "a night", lambda: bool(stopping)) as proposal:
        train(models, 5.0)
        waiting_turn(gate, lambda: stopping.append(True))
        with pytest.raises(NightInterrupted):
            proposal.breathe()
    assert weight(models) == [[0.0, 0.0], [0.0, 0.0]]


def test_what_enters_the_registry_in_the_night_is_undone_as_well(models: Any) -> None:
    import torch

    late = torch.nn.Linear(1, 1)
    before = late.weight.tolist()
    with propose(Host(models), ModelGate(), "a night", lambda: False) as proposal:
        models.register_trainable("late", late)
        proposal.breathe()
        with torch.no_grad():
            late.weight.add_(1.0)
    assert late.weight.tolist() == before


def test_work_may_begin_from_what_everything_was_before_it_learned(models: Any) -> None:
    train(models, 3.0)
    with propose(Host(models), ModelGate(), "a night", lambda: False) as proposal:
        proposal.start_untrained()
        assert weight(models)[0][0] == 0.0
        train(models, 5.0)
        with proposal.by_day():
            assert weight(models)[0][0] == 3.0
        assert weight(models)[0][0] == 5.0
    assert weight(models)[0][0] == 3.0
