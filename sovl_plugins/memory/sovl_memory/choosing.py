"""Which memories a dream is about: those near what was said last, and the recent ones."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any, List, Optional, Sequence

if TYPE_CHECKING:
    from torch import Tensor

    from sovl_core.models import Models

#: Texts read by the scaffold at once.
BATCH = 8


def pooled_states(models: Models, texts: Sequence[str], longest: int = 256) -> Tensor:
    """Return each text's scaffold state, averaged over its tokens.

    :param models: with the scaffold loaded.
    :param texts: what was said; of each the first ``longest`` tokens are read.
    :return: float32 [texts, scaffold width] on the CPU.
    """
    import torch

    from sovl_core.safe_encoding import encode_text

    tokenizer = models.scaffold_tokenizer
    encoded = [encode_text(tokenizer, text, template_tokens=False)[:longest] or [0] for text in texts]
    parts: List[Tensor] = []
    with torch.no_grad():
        for start in range(0, len(encoded), BATCH):
            parts.append(_pool(models, encoded[start : start + BATCH]))
    return torch.cat(parts)


def dream_weights(similarities: Optional[Sequence[float]], count: int, prompt_weight: float = 0.5) -> List[float]:
    """Return ``w·cosine + (1 - w)·recency`` for each memory, never below 0.

    :param similarities: cosine of the last prompt to each memory, in [-1, 1]; None when nothing was said yet.
    :param count: how many memories, the oldest first; recency is 1 for the newest and 1/count for the oldest.
    :param prompt_weight: w, in [0, 1].
    """
    recency = [(position + 1) / count for position in range(count)]
    cosines = [0.0] * count if similarities is None else list(similarities)
    share = 1.0 - prompt_weight
    return [max(0.0, prompt_weight * cosine + share * recent) for cosine, recent in zip(cosines, recency)]


def pick(items: Sequence[Any], weights: Sequence[float], count: int, rng: random.Random) -> List[Any]:
    """Return up to ``count`` different items, each drawn with a chance in proportion to its weight."""
    left, chances = list(items), list(weights)
    picked: List[Any] = []
    while left and len(picked) < count:
        position = rng.choices(range(len(left)), chances)[0] if sum(chances) > 0 else rng.randrange(len(left))
        picked.append(left.pop(position))
        chances.pop(position)
    return picked


def _pool(models: Models, encoded: List[List[int]]) -> Tensor:
    import torch

    from sovl_core.scaffold import scaffold_hidden_states

    width = max(len(ids) for ids in encoded)
    ids = torch.zeros(len(encoded), width, dtype=torch.long)
    mask = torch.zeros_like(ids)
    for row, tokens in enumerate(encoded):
        ids[row, : len(tokens)] = torch.tensor(tokens)
        mask[row, : len(tokens)] = 1
    ids, mask = ids.to(models.device), mask.to(models.device)
    hidden = scaffold_hidden_states(models.scaffold, ids, mask).float()
    return (hidden.sum(dim=1) / mask.sum(dim=1, keepdim=True)).cpu()
