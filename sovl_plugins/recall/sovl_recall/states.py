"""What the scaffold makes of memories' words: what their rows are to begin with."""

from __future__ import annotations

from typing import TYPE_CHECKING, List, Sequence

import torch
from torch import Tensor

from sovl_core.data_processing import pad_token_id
from sovl_core.safe_encoding import encode_text
from sovl_core.scaffold import scaffold_hidden_states

if TYPE_CHECKING:
    from sovl_core.models import Models


def memory_ids(models: Models, text: str, count: int) -> List[int]:
    """Return the ids of a memory's last ``count`` tokens in the scaffold's vocabulary, at least one."""
    tokenizer = models.scaffold_tokenizer
    return encode_text(tokenizer, text, template_tokens=False)[-count:] or [pad_token_id(tokenizer)]


def memory_states(models: Models, memories: Sequence[Sequence[int]]) -> List[Tensor]:
    """Let the scaffold read memories side by side.

    :param memories: token ids of each.
    :return: float32 [tokens, scaffold width] for each, of unit root mean square, on the base's device; with gradients
        where they are enabled.
    """
    scaffold = models.scaffold
    device = next(scaffold.parameters()).device
    width, pad = max(len(ids) for ids in memories), pad_token_id(models.scaffold_tokenizer)
    batch = torch.tensor([[*ids, *[pad] * (width - len(ids))] for ids in memories], device=device)
    mask = torch.tensor([[1] * len(ids) + [0] * (width - len(ids)) for ids in memories], device=device)
    states = scaffold_hidden_states(scaffold, batch, mask).float().to(models.device)
    states = states * torch.rsqrt(states.pow(2).mean(-1, keepdim=True) + 1e-6)
    return [row[: len(ids)] for row, ids in zip(states, memories)]
