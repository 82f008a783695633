"""Who hears what of an answer: nobody what comes later, and what was said last the loudest.

Attention over rows knows no order, and what foretells the next token is above all the scaffold's latest state. So each
head hears older ones fainter at a slope of its own, from one that hears little but the last token to one that hears
them all nearly alike (ALiBi, arXiv:2108.12409).
"""

from __future__ import annotations

import torch
from torch import Tensor

#: Slopes run from 1 to 2 to the minus this.
OCTAVES = 8


def slopes(heads: int, device: torch.device) -> Tensor:
    """Return how many nats a token's age costs it in each head: float [heads], 1 first."""
    return torch.logspace(0, -OCTAVES, heads, base=2.0, device=device)


def said_bias(bias: Tensor, said: Tensor, known: Tensor, heads: int) -> Tensor:
    """Return what to add to the attention logits of rows, minus infinity where a row must not be heard.

    :param bias: float [batch, rows], of the rows themselves.
    :param said: int [batch, rows], 0 for a row that is none of the answer's, n for one of its n-th token.
    :param known: int [batch or 1, positions], how many of the answer's tokens have been fed at each position.
    :return: float [batch, heads, positions, rows].
    """
    age = known[:, :, None] - said[:, None, :]  # [batch, positions, rows]
    fading = age.clamp(min=0) * (said > 0)[:, None, :]
    faded = bias[:, None, None, :] - slopes(heads, bias.device)[None, :, None, None] * fading[:, None]
    return faded.masked_fill((age < 0)[:, None], float("-inf"))
