"""What was practised in a night, kept in its folder: a night that is killed and goes on need not practise again."""

from __future__ import annotations

from pathlib import Path
from typing import Dict, Optional

import torch
from torch import Tensor

from sovl_core.durable import private_folder, replace_file
from sovl_core.error_handling import SOVLError
from sovl_core.state_files import bytes_to_tensors, tensors_to_bytes
from sovl_cross_attention.answer_probe import AnswerProbe

FILE = "practice.safetensors"
_SKILL = "probe.skill"


def keep_practice(folder: Path, probe: AnswerProbe) -> None:
    """Write a probe that has practised into a night's folder."""
    tensors: Dict[str, Tensor] = {}
    probe.save({}, tensors)
    tensors[_SKILL] = torch.tensor(probe.skill, dtype=torch.float64)
    private_folder(folder)
    replace_file(folder / FILE, tensors_to_bytes(tensors))


def kept_practice(folder: Path) -> Optional[AnswerProbe]:
    """Return the probe that has practised in this night, None where none has or it cannot be read."""
    path = folder / FILE
    try:
        tensors = bytes_to_tensors(path.read_bytes(), path)
        return AnswerProbe.load({_SKILL: tensors[_SKILL].item()}, tensors)
    except (OSError, SOVLError, KeyError):
        return None
