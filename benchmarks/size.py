"""What is measured with: the real model and minutes, or a tiny one and seconds."""

from __future__ import annotations

import platform
import time
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any, Dict, Tuple

#: Distributions whose versions a figure depends on.
VERSIONS = ("sovl", "torch", "transformers", "peft", "accelerate")


@dataclass(frozen=True)
class Size:
    """How much is measured.

    ``base`` is the folder of the model; ``tokens`` are decoded in a reply; ``rounds`` of a turn, ``night_rounds`` of a
    night; ``memories`` are told before a night of at most ``steps`` steps (0: as many as the settings say).
    """

    quick: bool
    base: Path
    tokens: int = 64
    rounds: int = 5
    night_rounds: int = 1
    memories: int = 3
    steps: int = 0
    compiled: bool = False


def real_model() -> Path:
    """Return the folder of the default base, found as a new life finds it."""
    from sovl_core.constants import DEFAULT_BASE_MODEL
    from sovl_core.model_store import ModelStore

    return Path(ModelStore().locate(DEFAULT_BASE_MODEL))


def surroundings(size: Size) -> Dict[str, Any]:
    """Return what figures were measured with, JSON-able."""
    import torch

    return {
        "measured": time.strftime("%Y-%m-%dT%H:%M:%S%z"),
        "quick": size.quick,
        "model": size.base.name,
        "threads": torch.get_num_threads(),
        "processor": _processor(),
        "python": platform.python_version(),
        "versions": {name: version(name) for name in VERSIONS},
    }


def _processor() -> Tuple[str, int]:
    import os

    model = ""
    if Path("/proc/cpuinfo").exists():
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
        model = next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), "")
    return model or platform.machine(), os.cpu_count() or 1
