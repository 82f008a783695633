"""Reading: the scaffold's hidden states of what the user said."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, List, Optional, Sequence, Tuple

import torch

from sovl_core.data_processing import encode_text, pad_token_id
from sovl_core.events import ScaffoldContext
from sovl_core.scaffold import scaffold_hidden_states

if TYPE_CHECKING:
    from torch import Tensor

    from sovl_core.models import Models

#: Tokens of the user's words that are read; of a longer text the end, where the question mostly is.
READ_TOKENS = 128


def word_ids(tokenizer: object, text: str) -> List[int]:
    """Return the ids of somebody's words, none of them parsed as control, at least one."""
    ids = encode_text(tokenizer, text)[-READ_TOKENS:]
    return ids or [pad_token_id(tokenizer)]


def padded(rows: Sequence[Sequence[int]], pad: int, device: torch.device) -> tuple[Tensor, Tensor]:
    """Return ids and mask, int64 [rows, longest], padded on the right."""
    width = max(len(row) for row in rows)
    ids = torch.tensor([list(row) + [pad] * (width - len(row)) for row in rows], device=device)
    mask = torch.tensor([[1] * len(row) + [0] * (width - len(row)) for row in rows], device=device)
    return ids, mask


def read(
    models: Models,
    texts: Sequence[str],
    training: bool = False,
    dropout: float = 0.0,
    seed: int = 0,
    answers: Optional[Sequence[Tuple[List[int], List[int]]]] = None,
) -> ScaffoldContext:
    """Return a context in which the scaffold reads texts side by side, each once, as soon as somebody wants to know.

    :param texts: the user's words, one a row.
    :param training: keep the gradient.
    :param dropout: share of a text's tokens that are left out, drawn with ``seed``, so that no single word of a
        trained wording is relied on.
    :param answers: for each text ids in the scaffold's vocabulary that are read after it, and for each id the number of
        the base's token that it came with, from 1 on; ``said`` of the context tells it for each row.
    """
    tokenizer = models.scaffold_tokenizer
    rows = [word_ids(tokenizer, text) for text in texts]
    if dropout:
        rng = random.Random(seed)
        rows = [[token for token in row if rng.random() >= dropout] or row for row in rows]
    said: Optional[Tensor] = None
    if answers is not None:
        numbers = [[0] * len(row) + later for row, (_, later) in zip(rows, answers)]
        rows = [row + ids for row, (ids, _) in zip(rows, answers)]
        said, _ = padded(numbers, 0, models.device)

    def states() -> tuple[Tensor, Tensor, Tensor]:
        device = next(models.scaffold.parameters()).device
        ids, mask = padded(rows, pad_token_id(tokenizer), device)
        with torch.set_grad_enabled(training and torch.is_grad_enabled()):
            hidden = scaffold_hidden_states(models.scaffold, ids, mask)
        return hidden.to(models.device), mask.bool().to(models.device), ids.to(models.device)

    return ScaffoldContext(
        None,
        None,
        None,
        training=training,
        prompt=texts[0] if len(texts) == 1 else "",
        prompts=list(texts),
        reader=states,
        said=said,
    )
