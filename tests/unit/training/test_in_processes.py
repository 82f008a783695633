"""Training in several processes: who trains on what, how often they meet, and that they end up the same."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, Dict, List

import pytest
import torch

from sovl_core.events import Progress, TrainStep
from sovl_core.hookspecs import hookimpl
from sovl_core.models import Models
from sovl_core.plugin import Plugin
from sovl_core.training import run_training_cycle
from tests.unit.training.pairs import PAIRS

WORKER = Path(__file__).parents[1] / "data" / "train_in_processes.py"


class Ranks:
    """An accelerator that is one of several processes, without the others."""

    def __init__(self, index: int, count: int) -> None:
        self.process_index, self.num_processes = index, count
        self.is_main_process = index == 0
        self.reduced = 0

    def backward(self, loss: Any) -> None:
        loss.backward()

    def autocast(self) -> Any:
        import contextlib

        return contextlib.nullcontext()

    def reduce(self, tensor: Any, reduction: str) -> Any:
        self.reduced += 1
        # What the others have is the same again.
        return tensor * self.num_processes if reduction == "sum" else tensor


@pytest.mark.parametrize("count", [1, 2, 3, 4])
def test_processes_share_the_batches_and_meet_equally_often(
    models: Models, config: Any, manager: Any, count: int
) -> None:
    config.training.batch_size, config.training.accumulation = 1, 2
    config.core.validation_split = 0.0
    start = models.snapshot()
    seen: List[str] = []
    met: List[Any] = []
    for index in range(count):
        models.restore(start)
        mine: List[str] = []

        class Watches(Plugin):
            name = "watches"

            @hookimpl(wrapper=True)
            def on_train_step(self, step: TrainStep) -> Any:
                mine.extend(example.prompt for example in step.batch.examples)  # noqa: B023
                return (yield)

        ranks = Ranks(index, count)
        progress: List[Progress] = []
        report = run_training_cycle(
            models, PAIRS, config, manager(Watches()), epochs=1, accelerator=ranks, progress=progress.append
        )
        assert bool(progress) == (index == 0)
        met.append((report.steps, ranks.reduced))
        seen += mine
    assert set(seen) == {example.prompt for example in PAIRS}
    assert len(seen) < len(PAIRS) + count
    assert len(set(met)) == 1
    # Once a step for the gradients, once for the epoch's sums.
    assert met[0][1] == (0 if count == 1 else met[0][0] + 1)


def test_what_is_told_of_an_epoch_is_told_of_all_processes(models: Models, config: Any, manager: Any) -> None:
    config.training.batch_size, config.core.validation_split = 1, 0.5
    reports = [
        run_training_cycle(models, PAIRS[:1] * 6, config, manager(), epochs=1, accelerator=Ranks(0, count))
        for count in (1, 3)
    ]
    assert reports[0].tokens == reports[1].tokens > 0
    assert len(reports[1].validation) == 1


def test_processes_that_measure_differently_stop_together(models: Models, config: Any, manager: Any) -> None:
    class Others(Ranks):
        """The others measure something that gets worse from epoch to epoch."""

        measured = 0.0

        def reduce(self, tensor: Any, reduction: str) -> Any:
            if reduction == "mean" and tensor.ndim == 1 and tensor.dtype == torch.float64:
                self.measured += 1000.0
                return torch.full_like(tensor, self.measured)
            return super().reduce(tensor, reduction)

    config.training.patience, config.core.validation_split = 2, 0.5
    report = run_training_cycle(models, PAIRS, config, manager(), epochs=9, accelerator=Others(0, 2))
    assert report.validation == [1000.0, 2000.0, 3000.0]
    assert (report.stopped_early, report.best_epoch) == (True, 1)


def launched(model: Path, result: Path, processes: int) -> Dict[str, Any]:
    """Train in so many processes, as ``accelerate launch`` starts them; return what each wrote down.

    With ``--cpu`` that command leaves starting to MPI; torch's own launcher sets the same environment without it.
    """
    result.mkdir()
    launcher = ["-m", "torch.distributed.run", "--standalone", "--nproc_per_node", str(processes)]
    done = subprocess.run(
        [sys.executable, *launcher, str(WORKER), str(model), str(result)],
        capture_output=True,
        text=True,
        env={**os.environ, "OMP_NUM_THREADS": "1", "ACCELERATE_USE_CPU": "true"},
        timeout=900,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return {path.stem: json.loads(path.read_text()) for path in sorted(result.glob("*.json"))}


def test_two_processes_end_with_the_same_weights(tiny_model: Any, chat_tokenizer: Any, tmp_path: Path) -> None:
    folder = tmp_path / "model"
    tiny_model("llama", vocab_size=320, max_position_embeddings=512).save_pretrained(str(folder))
    chat_tokenizer.save_pretrained(str(folder))
    told = launched(folder, tmp_path / "two", 2)
    assert sorted(told) == ["0", "1"]
    first, second = (torch.load(str(tmp_path / "two" / f"{rank}.pt"), weights_only=True) for rank in (0, 1))
    assert torch.equal(first, second)
    assert float(first.abs().sum()) > 0
    assert told["0"]["validation"] == told["1"]["validation"]
    assert told["0"]["steps"] == told["1"]["steps"]
    assert (told["0"]["skipped"], told["1"]["skipped"]) == (0, 1)
