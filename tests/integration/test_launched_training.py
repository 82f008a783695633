"""``sovl train`` started by a launcher: real processes, gloo on the CPU, a tiny random model, one life."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, Dict, List

import pytest

PLUGINS = Path(__file__).parent / "tiny_plugins"
ROOT = Path(__file__).parents[2]
WAIT = 900.0
PAIRS = [("What is my dog called?", "Biscuit."), ("Who am I?", "Ann."), ("Where?", "In Oslo."), ("When?", "At noon.")]
#: Four batches of one: two processes take two each, one process accumulates two a step.
ALIKE = ["training.batch_size=1", "training.epochs=1", "core.validation_split=0.0"]

pytestmark = pytest.mark.skipif(os.name == "nt", reason="gloo's launcher needs a POSIX system")


class World:
    """Lives in one folder, and a file to train on."""

    def __init__(self, folder: Path, base: Path) -> None:
        self.folder = folder
        self.notes = folder / "notes"
        self.notes.mkdir()
        self.file = folder / "pairs.jsonl"
        lines = [json.dumps({"prompt": prompt, "completion": completion}) for prompt, completion in PAIRS]
        self.file.write_text("\n".join(lines), encoding="utf-8")
        for plugin, entry in {"side": "TinySide", "rank": "TinyRank"}.items():
            info = folder / "site" / f"sovl_tiny_{plugin}-1.0.dist-info"
            info.mkdir(parents=True)
            (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: sovl-tiny-{plugin}\nVersion: 1.0\n")
            (info / "entry_points.txt").write_text(f"[sovl]\ntiny_{plugin} = sovl_tiny_{plugin}:{entry}\n")
        kept = ("SOVL_", "ACCELERATE_", "RANK", "WORLD_SIZE", "LOCAL_RANK", "MASTER_")
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith(kept)},
            "PYTHONPATH": os.pathsep.join([str(ROOT), str(folder / "site"), str(PLUGINS)]),
            "SOVL_PLUGINS": "tiny_side,tiny_rank",
            "SOVL_CORE__BASE_MODEL": str(base),
            "SOVL_CORE__SCAFFOLD_MODEL": "none",
            "SOVL_CORE__DEVICE": "cpu",
            "OMP_NUM_THREADS": "1",
            "TINY_RANK_NOTES": str(self.notes),
        }

    def train(self, life: str, *arguments: str, launcher: List[str], settings: List[str] = ALIKE) -> Any:
        """Run ``sovl train`` and return the completed process."""
        options = [word for setting in settings for word in ("--set", setting)]
        words = ["train", str(self.file), "--life", str(self.folder / life), *options, *arguments]
        return subprocess.run(
            [sys.executable, *launcher, "-m", "sovl_core.cli", *words],
            capture_output=True,
            text=True,
            env=self.environment,
            cwd=str(self.folder),
            timeout=WAIT,
            check=False,
        )

    def seen_by(self, process: str) -> List[str]:
        return sorted((self.notes / process).read_text(encoding="utf-8").splitlines())

    def learned(self, life: str) -> Dict[str, Any]:
        from safetensors.torch import load_file

        return load_file(str(self.folder / life / "nights" / "0001" / "trainables" / "side.safetensors"))

    def nights(self, life: str) -> List[Any]:
        from sovl_core.journal import Journal

        journal = Journal(self.folder / life / "journal.db", read_only=True)
        try:
            return journal.nights()
        finally:
            journal.close()


#: ``accelerate launch --multi_gpu`` starts the processes wherever it runs; the device is the life's own setting.
ACCELERATE = ["-m", "accelerate.commands.launch", "--multi_gpu", "--num_processes", "2", "--main_process_port", "0"]
TORCHRUN = ["-m", "torch.distributed.run", "--standalone", "--nproc_per_node", "2"]


@pytest.fixture
def world(tmp_path: Path, tiny_base: Path) -> World:
    return World(tmp_path, tiny_base)


def test_two_processes_train_one_life_as_one_process_would(world: World) -> None:
    import torch

    together = world.train("together", "--set", "training.accumulation=1", "--json", launcher=ACCELERATE)
    assert together.returncode == 0, together.stderr[-3000:]
    # One process speaks: its report is all there is, and each step was shown once.
    report = json.loads(together.stdout)
    assert report["steps"] == 2
    assert together.stderr.count("train 1/2") == 1
    assert sorted(world.seen_by("0") + world.seen_by("1")) == sorted(prompt for prompt, _ in PAIRS)
    assert len(world.seen_by("0")) == len(world.seen_by("1")) == 2
    (night,) = world.nights("together")
    assert (night.status, night.trigger) == ("accepted", "train")
    assert not (world.folder / "together" / "life.holder.json").exists()

    alone = world.train("alone", "--set", "training.accumulation=2", "--json", launcher=[])
    assert alone.returncode == 0, alone.stderr[-3000:]
    assert (json.loads(alone.stdout)["steps"], json.loads(alone.stdout)["tokens"]) == (2, report["tokens"])
    mine, theirs = world.learned("alone"), world.learned("together")
    assert float(theirs["weight"].abs().sum()) > 0
    assert all(torch.allclose(mine[name], theirs[name], atol=1e-5) for name in mine)


def test_a_life_that_is_written_elsewhere_is_refused_and_nobody_is_left_waiting(world: World) -> None:
    from sovl_core.life import Life

    with Life.open(world.folder / "life"):
        refused = world.train("life", launcher=TORCHRUN)
    assert refused.returncode != 0
    assert refused.stderr.count("error: The life at") == 1
    assert refused.stdout == ""
    assert not (world.notes / "1").exists()


@pytest.mark.parametrize("ends", ["0", "1"])
def test_when_one_process_ends_the_other_ends_and_nothing_is_kept(world: World, ends: str) -> None:
    world.environment["TINY_RANK_ENDS"] = ends
    failed = world.train("life", launcher=TORCHRUN)
    assert failed.returncode != 0
    assert "Trained on" not in failed.stdout
    assert world.nights("life") == []
    del world.environment["TINY_RANK_ENDS"]
    again = world.train("life", "--dry-run", launcher=TORCHRUN)
    assert again.returncode == 0, again.stderr[-3000:]
    assert "nothing was written" in again.stdout
    assert world.nights("life") == []
