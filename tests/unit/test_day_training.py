from __future__ import annotations

import dataclasses
import json
import sys
import threading
import types
from pathlib import Path
from typing import Any, Dict, List

import pytest

from sovl_core.day_training import DayTraining
from sovl_core.error_handling import DataError, NothingToTrain, SOVLError
from sovl_core.model_gate import ModelGate
from sovl_core.model_host import ModelHost
from sovl_core.settings import SystemConfig


@dataclasses.dataclass
class Report:
    loss: float = 0.5


class Nights:
    def __init__(self) -> None:
        self.kept: List[Any] = []

    def keep_training(self, proposal: Any, report: Dict[str, Any], characters: int) -> int:
        self.kept.append((report, characters))
        proposal.keep()
        return 1


class World:
    def __init__(self, manager: Any, linear_models: Any, monkeypatch: Any) -> None:
        self.hooks, self.gate, self.nights, self.stopping = manager(), ModelGate(), Nights(), False
        self.host = ModelHost(linear_models, self.hooks, self.gate, lambda models: None)
        self.calls: List[Dict[str, Any]] = []
        self.during: Any = lambda: None
        # The loop itself is another module's; importing it brings torch.
        monkeypatch.setitem(sys.modules, "sovl_core.training", types.SimpleNamespace(run_training_cycle=self.run))
        self.training = DayTraining(
            SystemConfig(), self.hooks, self.host, self.gate, self.nights, None, lambda: self.stopping
        )

    def run(self, models: Any, examples: Any, config: Any, hooks: Any, **options: Any) -> Report:
        import torch

        self.calls.append({"examples": [(e.prompt, e.completion) for e in examples], **options})
        with torch.no_grad():
            models.trainables["adapter"].module.weight.fill_(4.0)
        self.during()
        options["breathe"]()
        return Report()

    def value(self) -> float:
        return float(self.host.get().trainables["adapter"].module.weight.detach()[0, 0])


@pytest.fixture
def world(manager: Any, linear_models: Any, monkeypatch: Any) -> World:
    return World(manager, linear_models, monkeypatch)


def test_pairs_are_trained_on_and_kept(world: World) -> None:
    report = world.training.train([("12", "345")], epochs=2)
    assert report == Report()
    assert world.calls[0]["examples"] == [("12", "345")]
    assert (world.calls[0]["epochs"], world.calls[0]["dry_run"]) == (2, False)
    assert world.nights.kept == [({"loss": 0.5}, 5)]
    assert world.value() == 4.0


def test_a_file_is_read_with_either_name_of_the_answer(world: World, tmp_path: Path) -> None:
    file = tmp_path / "pairs.jsonl"
    lines = [{"prompt": "a", "response": "b"}, {"prompt": "c", "completion": "d"}]
    file.write_text("\n".join(json.dumps(line) for line in lines), encoding="utf-8")
    world.training.train(str(file))
    assert world.calls[0]["examples"] == [("a", "b"), ("c", "d")]


def test_a_dry_run_leaves_nothing(world: World) -> None:
    world.training.train([("a", "b")], dry_run=True)
    assert world.calls[0]["dry_run"] is True
    assert world.nights.kept == []
    assert world.value() == 0.0


def test_a_test_file_is_measured_before_and_after_and_not_learned_from(
    world: World, tmp_path: Path, mocker: Any
) -> None:
    def measure(models: Any, examples: Any, config: Any, hooks: Any) -> Any:
        learned = float(models.trainables["adapter"].module.weight.detach()[0, 0])
        return types.SimpleNamespace(loss=4.0 - learned, accuracy=learned / 4 * len(examples))

    mocker.patch("sovl_core.validation.measure_examples", measure)
    report = world.training.train([("a", "b")], test=[("c", "d")])
    assert report.test == {"loss_before": 4.0, "accuracy_before": 0.0, "loss": 0.0, "accuracy": 1.0}
    assert world.calls[0]["examples"] == [("a", "b")]
    assert not hasattr(world.training.train([("a", "b")], test=[("c", "d")], keep=False), "test")
    with pytest.raises(DataError):
        world.training.train([("a", "b")], test=tmp_path / "none.jsonl")


def test_what_another_process_keeps_is_undone_here(world: World) -> None:
    assert world.training.train([("a", "b")], keep=False) == Report()
    assert world.calls[0]["dry_run"] is False
    assert world.nights.kept == []
    assert world.value() == 0.0


def test_a_failure_undoes_what_was_learned(world: World) -> None:
    def fails() -> None:
        raise RuntimeError("out of memory")

    world.during = fails
    with pytest.raises(RuntimeError):
        world.training.train([("a", "b")])
    assert world.value() == 0.0
    assert world.nights.kept == []


def test_a_life_that_closes_ends_the_training(world: World) -> None:
    world.stopping = True
    with pytest.raises(SOVLError, match=r"the life is being closed\. What it had learned is undone"):
        world.training.train([("a", "b")])
    assert world.value() == 0.0


def test_bad_data_is_refused_before_any_model_is_loaded(world: World, tmp_path: Path) -> None:
    with pytest.raises(DataError):
        world.training.train(tmp_path / "missing.jsonl")
    with pytest.raises(NothingToTrain):
        world.training.train([])
    assert not world.host.loaded


def test_training_does_not_begin_beside_a_night(world: World) -> None:
    holding, go = threading.Event(), threading.Event()

    def night() -> None:
        with world.gate.hold("a night"):
            holding.set()
            go.wait(10.0)

    thread = threading.Thread(target=night, daemon=True)
    thread.start()
    assert holding.wait(10.0)
    with pytest.raises(SOVLError, match="a night is in progress already"):
        world.training.train([("a", "b")])
    go.set()
    thread.join(10.0)
