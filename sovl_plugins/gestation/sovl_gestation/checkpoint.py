"""Checkpoints of a night: what was trained so far and how far it came, so that an interrupted night goes on."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Dict, List, Optional

from sovl_core.durable import private_folder, replace_file, sync_file

if TYPE_CHECKING:
    from torch import Tensor

    from sovl_core.optimizer_state import OptimizerState

TENSORS = "checkpoint.safetensors"
PROGRESS = "checkpoint.json"
#: What stands before the name of a weight; what an optimizer remembers of it stands under a name of its own.
_WEIGHT = "weight"


@dataclass
class Checkpoint:
    """Where a night's training stands after ``step`` steps.

    ``weights`` is ``Models.snapshot()``, ``moments`` what ``optimizer_state`` returns; ``known`` tells of the dreams
    seen last whether they were known, ``loss`` is the last step's, ``prompts_frozen`` as in ``TrainStep``.
    """

    step: int
    weights: Dict[str, Dict[str, Tensor]]
    moments: OptimizerState = field(default_factory=dict)
    skipped: int = 0
    tokens: int = 0
    loss: float = math.nan
    known: List[bool] = field(default_factory=list)
    prompts_frozen: Optional[bool] = None


def save_checkpoint(folder: Path, checkpoint: Checkpoint) -> None:
    """Write a checkpoint that is either whole or the one before."""
    from safetensors.torch import save_file

    private_folder(folder)
    tensors = folder / f"{checkpoint.step:06d}-{TENSORS}"
    save_file(_flat(checkpoint), str(tensors))
    sync_file(tensors)
    progress = {name: value for name, value in vars(checkpoint).items() if name not in ("weights", "moments")}
    replace_file(folder / PROGRESS, json.dumps({**progress, "tensors": tensors.name}).encode())
    for old in folder.glob(f"*-{TENSORS}"):
        if old != tensors:
            old.unlink()


def load_checkpoint(folder: Path) -> Optional[Checkpoint]:
    """Return the last checkpoint, None where there is none that can be read."""
    from safetensors.torch import load_file

    try:
        read = json.loads((folder / PROGRESS).read_text(encoding="utf-8"))
        found = Checkpoint(
            int(read["step"]),
            {},
            skipped=int(read["skipped"]),
            tokens=int(read["tokens"]),
            loss=float(read["loss"]),
            known=[bool(one) for one in read["known"]],
            prompts_frozen=read["prompts_frozen"],
        )
        for joined, tensor in load_file(str(folder / read["tensors"])).items():
            kind, name, key = joined.split("|", 2)
            if kind == _WEIGHT:
                found.weights.setdefault(name, {})[key] = tensor
            else:
                found.moments.setdefault(name, {}).setdefault(key, {})[kind] = tensor
    except Exception:  # a damaged checkpoint costs the steps since the night began, never the night
        return None
    return found


def _flat(checkpoint: Checkpoint) -> Dict[str, Tensor]:
    weights = {
        f"{_WEIGHT}|{name}|{key}": tensor.contiguous()
        for name, tensors in checkpoint.weights.items()
        for key, tensor in tensors.items()
    }
    moments = {
        f"{kind}|{name}|{key}": tensor.contiguous()
        for name, remembered in checkpoint.moments.items()
        for key, tensors in remembered.items()
        for kind, tensor in tensors.items()
    }
    return {**weights, **moments}
