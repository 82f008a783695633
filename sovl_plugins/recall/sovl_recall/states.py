"""What the scaffold makes of a memory as it is to be told: what its rows are to begin with."""

from __future__ import annotations

from typing import TYPE_CHECKING, List, Sequence

import torch
from torch import Tensor

from sovl_core.data_processing import Encoded, Example, collate, pad_token_id, tokenize_and_map
from sovl_core.scaffold import scaffold_hidden_states

if TYPE_CHECKING:
    from sovl_core.models import Models


def told(models: Models, prompt: str, completion: str, system_prompt: str) -> Encoded:
    """Return a memory as an exchange in the scaffold's vocabulary: the user's words, and how they are told back."""
    return tokenize_and_map(models.scaffold_tokenizer, [Example(prompt, completion)], system_prompt=system_prompt)[0]


def memory_states(models: Models, memories: Sequence[Encoded], count: int) -> List[Tensor]:
    """Let the scaffold read memories side by side.

    A row stands for a token of what is told: the state before it, by which it is found, and the token's own embedding,
    which says it. The state before a token is what the base itself is in when it has told as much (a pointer network
    over the memory, arXiv:1609.07843, in hidden space).

    :param count: rows of a memory at most.
    :return: float32 [rows, scaffold width] for each, on the base's device; with gradients where they are enabled.
    """
    scaffold = models.scaffold
    device = next(scaffold.parameters()).device
    batch = collate(memories, pad_token_id(models.scaffold_tokenizer)).to(device)
    states = _scaled(scaffold_hidden_states(scaffold, batch.input_ids, batch.attention_mask))
    with torch.no_grad():
        said = _scaled(scaffold.get_input_embeddings()(batch.input_ids))
    found = []
    for row, memory in enumerate(memories):
        first, last = memory.prompt_length, min(len(memory), memory.prompt_length + count)
        rows = states[row, first - 1 : last - 1]
        # Embeddings of another width than the states (OPT-350m projects its own) lie in another space: their sum says
        # nothing.
        if said.shape[-1] == rows.shape[-1]:
            rows = rows + said[row, first:last]
        found.append(rows.to(models.device))
    return found


def _scaled(states: Tensor) -> Tensor:
    """Scale to unit root mean square over the last dimension."""
    return states.float() * torch.rsqrt(states.float().pow(2).mean(-1, keepdim=True) + 1e-6)
