"""Checkpoints of a night: what was trained so far and how far it came, so that an interrupted night goes on."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Dict, Optional

if TYPE_CHECKING:
    from torch import Tensor

WEIGHTS = "checkpoint.safetensors"
PROGRESS = "checkpoint.json"


def save_checkpoint(folder: Path, step: int, state: Dict[str, Dict[str, Tensor]]) -> None:
    """Write a checkpoint that is either whole or the one before.

    :param state: ``Models.snapshot()``.
    """
    from safetensors.torch import save_file

    folder.mkdir(parents=True, exist_ok=True)
    weights = folder / f"{step:06d}-{WEIGHTS}"
    flat = {f"{name}|{key}": tensor.contiguous() for name, tensors in state.items() for key, tensor in tensors.items()}
    save_file(flat, str(weights))
    temporary = folder / (PROGRESS + ".new")
    temporary.write_text(json.dumps({"step": step, "weights": weights.name}), encoding="utf-8")
    with temporary.open("rb") as written:
        os.fsync(written.fileno())
    os.replace(str(temporary), str(folder / PROGRESS))
    for old in folder.glob(f"*-{WEIGHTS}"):
        if old != weights:
            old.unlink()


def load_checkpoint(folder: Path) -> Optional[tuple[int, Dict[str, Dict[str, Tensor]]]]:
    """Return (step, state) of the last checkpoint, None where there is none that can be read."""
    from safetensors.torch import load_file

    try:
        progress = json.loads((folder / PROGRESS).read_text(encoding="utf-8"))
        flat = load_file(str(folder / progress["weights"]))
        step = int(progress["step"])
    except Exception:  # a damaged checkpoint costs the steps since the night began, never the night
        return None
    state: Dict[str, Dict[str, Tensor]] = {}
    for joined, tensor in flat.items():
        name, _, key = joined.partition("|")
        state.setdefault(name, {})[key] = tensor
    return step, state
