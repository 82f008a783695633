"""From base tokens' weights to biases on the scaffold's keys, through the tokens each base token stands for."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Dict, List, Optional, Set

if TYPE_CHECKING:
    from torch import Tensor

    from sovl_memory.token_map import TokenMap


class ScaffoldTokens:
    """Which scaffold tokens a base token stands for; each base token is mapped once, when it is first used.

    :param base_tokenizer: of the base.
    :param scaffold_tokenizer: of the scaffold; may be the same object.
    :param limit: scaffold tokens kept of one base token.
    """

    def __init__(self, base_tokenizer: Any, scaffold_tokenizer: Any, limit: int = 3) -> None:
        self._base_tokenizer = base_tokenizer
        self._scaffold_tokenizer = scaffold_tokenizer
        self._limit = limit
        self._known: Set[int] = set()
        self._sources: Dict[int, List[int]] = {}

    def learn(self, base_tokens: List[int]) -> None:
        """Map base tokens that were not mapped before."""
        new = [token for token in base_tokens if token not in self._known]
        if not new:
            return
        from sovl_core.token_mapping import build_mapping

        mapping = build_mapping(self._base_tokenizer, self._scaffold_tokenizer, new)
        self._known.update(new)
        for base, scaffold in mapping.items():
            for token in dict.fromkeys(scaffold[: self._limit]):
                self._sources.setdefault(token, []).append(base)

    def weight(self, scaffold_token: int, token_map: TokenMap) -> float:
        """Return the largest weight among the base tokens that stand for a scaffold token; 1 where none does."""
        return max((token_map.weight(base) for base in self._sources.get(scaffold_token, ())), default=1.0)


def key_bias(token_ids: Tensor, tokens: ScaffoldTokens, token_map: TokenMap) -> Optional[Tensor]:
    """Return what to add to the attention logits of each key: the logarithm of its token's weight.

    Added to a logit, ``log w`` multiplies the key's share by w before the softmax normalises.

    :param token_ids: int [batch, tokens], in the scaffold's vocabulary.
    :return: float32 [batch, tokens] on the same device, None when every weight is neutral.
    """
    import torch

    rows: List[List[int]] = token_ids.tolist()
    biases = {token: math.log(tokens.weight(token, token_map)) for row in rows for token in set(row)}
    if not any(biases.values()):
        return None
    return torch.tensor([[biases[token] for token in row] for row in rows], device=token_ids.device)
