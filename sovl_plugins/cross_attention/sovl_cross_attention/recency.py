"""Who hears what the scaffold has read: nobody what is said later, and what it read last the loudest.

Attention over rows knows no order, and what foretells the next token is above all the scaffold's latest state, which is
what two models moving side by side have in common. So each head hears older ones fainter at a slope of its own (ALiBi,
arXiv:2108.12409), and the first begins with next to nothing but the latest in its ear. A tiny random model learned in
60 passes what without this had taken it more than 250.
"""

from __future__ import annotations

import torch
from torch import Tensor

#: Nats that a token's age costs in the first head, as a power of two, and in the last one.
STEEPEST, FLATTEST = 2.0, -8.0
#: What the first head adds to the scaffold's own rows, in nats: more than a hundred rows beside them weigh.
LOUDEST = 5.0
#: Order of a row that was not read: it has no age.
NO_ORDER = -1


def slopes(heads: int, device: torch.device) -> Tensor:
    """Return how many nats a token's age costs it in each head: float [heads], the steepest first."""
    return torch.logspace(STEEPEST, FLATTEST, heads, base=2.0, device=device)


def said_bias(bias: Tensor, said: Tensor, order: Tensor, known: Tensor, heads: int) -> Tensor:
    """Return what to add to the attention logits of rows, minus infinity where a row must not be heard.

    :param bias: float [batch, rows], of the rows themselves; minus infinity where there is none.
    :param said: int [batch, rows], 0 for a row that is none of the answer's, n for one of its n-th token.
    :param order: int [batch, rows], place of a row in what the scaffold reads, :data:`NO_ORDER` for one that was added.
    :param known: int [batch or 1, positions], how many of the answer's tokens have been fed at each position.
    :return: float [batch, heads, positions, rows].
    """
    to_come = said[:, None, :] > known[:, :, None]  # [batch, positions, rows]
    read = (order != NO_ORDER)[:, None, :]
    places = order.masked_fill(torch.isneginf(bias), NO_ORDER)[:, None, :]
    latest = places.masked_fill(to_come, NO_ORDER).amax(dim=-1, keepdim=True)
    age = (latest - order[:, None, :]).clamp(min=0) * read
    loud = torch.zeros(heads, device=bias.device)
    loud[0] = LOUDEST
    by_head = (slice(None), None, None)
    heard = bias[:, None, None, :] + loud[by_head] * read[:, None] - slopes(heads, bias.device)[by_head] * age[:, None]
    return heard.masked_fill(to_come[:, None], float("-inf"))
