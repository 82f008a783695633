"""From what is in use, and what was dreamed of, to biases on the rows of memories that others put beside the prompt."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Callable, Iterable

if TYPE_CHECKING:
    from torch import Tensor

    from sovl_memory.token_map import TokenMap


def row_bias(memories: Tensor, louder: Callable[[int], float]) -> Tensor:
    """Return what to add to the attention logits of each row.

    :param memories: int64, of any shape: the episode that a row is a memory of, 0 for none.
    :param louder: what to add for an episode; minus infinity silences it.
    :return: float32 of that shape, 0 for rows of no memory.
    """
    import torch

    bias = torch.zeros(memories.shape, dtype=torch.float32, device=memories.device)
    for memory in memories.unique().tolist():
        if memory:
            bias[memories == memory] = louder(memory)
    return bias


def words_in_use(tokens: Iterable[int], token_map: TokenMap) -> float:
    """Return the mean logarithm of the weights of a text's tokens, 0 for a text without any.

    :param tokens: ids in the base's vocabulary.
    """
    weights = [math.log(token_map.weight(token)) for token in tokens]
    return math.fsum(weights) / len(weights) if weights else 0.0
