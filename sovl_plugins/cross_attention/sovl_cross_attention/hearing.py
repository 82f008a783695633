"""What the listening layers hear: the rows of a context, and which of them at which position."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Dict, Optional, Tuple

import torch
from torch import Tensor, nn

from sovl_cross_attention.recency import NO_ORDER, said_bias

if TYPE_CHECKING:
    from sovl_core.events import ScaffoldContext
    from sovl_cross_attention.layers import KeysValues
    from sovl_cross_attention.stepping import Steps


@dataclass
class Rows:
    """Keys and values of each listening layer, and what belongs to their rows whichever the layer.

    ``bias`` float [batch, rows], minus infinity where a row is never heard; ``said`` int64 [batch, rows] as in
    ``ScaffoldContext``; ``order`` int64 [batch, rows], the places of rows in what the scaffold has read, ``NO_ORDER``
    for those that were added.
    """

    layers: Dict[int, KeysValues]
    bias: Tensor
    said: Tensor
    order: Tensor

    def followed_by(self, later: Rows) -> Rows:
        """Return these rows and, beside them, those of tokens said later."""
        layers = {number: known.followed_by(later.layers[number]) for number, known in self.layers.items()}
        pairs = ((self.bias, later.bias), (self.said, later.said), (self.order, later.order))
        return Rows(layers, *(torch.cat(pair, dim=1) for pair in pairs))


@dataclass
class Hearing:
    """What the layers hear, and where they speak.

    ``weights`` are of the layers, by number; ``everywhere`` and ``positions`` as in ``CrossAttentionStack.hearing``;
    ``steps`` is the reply that the scaffold moves along with, and ``rows`` grows with it.
    """

    context: ScaffoldContext
    rows: Rows
    weights: Dict[int, float] = field(default_factory=dict)
    everywhere: bool = False
    positions: Optional[Tensor] = None
    steps: Optional[Steps] = None

    def __post_init__(self) -> None:
        self.scale = float(self.context.influence)
        self._of_prompt = self.rows

    def begin_again(self) -> None:
        """Let go of everything that was said."""
        self.rows = self._of_prompt

    def bias(self, tokens: int, heads: int) -> Tensor:
        """Return what to add to attention logits in a pass over so many tokens: float [batch, heads, positions, rows].

        For a scaffold that moves with the base: otherwise every position hears the same.
        """
        rows = self.rows
        return said_bias(rows.bias, rows.said, rows.order, self._known(tokens), heads)

    def _known(self, tokens: int) -> Tensor:
        """Return how many of the answer's tokens each position that hears was fed: int64 [batch or 1, positions]."""
        device = self.rows.bias.device
        if self.positions is not None and self.positions.shape[1] == tokens:
            # It speaks from the prompt's last token on, where none of the answer is known.
            return (self.positions.long().cumsum(dim=1) - 1).clamp(min=0)
        if self.everywhere:
            return torch.arange(tokens, device=device)[None]
        return torch.tensor([[0 if self.steps is None else self.steps.count]], device=device)


def heard_rows(context: ScaffoldContext) -> Tuple[Tensor, Tensor, Tensor, Tensor]:
    """Return what a context gives the base to hear: the scaffold's states first, added rows last.

    :return: float [batch, rows, scaffold width], and ``bias``, ``said`` and ``order`` as in :class:`Rows`.
    """
    extra = None if context.extra_rows is None else context.extra_rows.float()
    silent = extra is not None and context.silent
    if extra is not None and silent and context.said is None:
        extra = extra if extra.dim() == 3 else extra.expand(len(context.prompts), -1, -1)
        bias = _extra_bias(context, extra)
        said = torch.zeros_like(bias).long()
        return extra, bias, said, torch.full_like(said, NO_ORDER)
    hidden, mask, _ = context.read()
    hidden, heard = hidden.float(), mask.bool()
    said = torch.zeros_like(mask).long() if context.said is None else context.said
    if silent:
        heard = heard & (said > 0)
    bias = torch.zeros(mask.shape, dtype=torch.float32, device=hidden.device)
    if context.key_bias is not None:
        bias = bias + context.key_bias.float()
    bias = bias.masked_fill(~heard, float("-inf"))
    order = torch.arange(bias.shape[1], device=bias.device).expand_as(bias)
    if extra is not None:
        extra = extra.expand(len(hidden), -1, -1)
        hidden = torch.cat([hidden, extra], dim=1)
        bias = torch.cat([bias, _extra_bias(context, extra)], dim=1)
    added = (0, bias.shape[1] - said.shape[1])
    return hidden, bias, nn.functional.pad(said, added), nn.functional.pad(order, added, value=NO_ORDER)


def _extra_bias(context: ScaffoldContext, extra: Tensor) -> Tensor:
    if context.extra_bias is None:
        return extra.new_zeros(extra.shape[:2])
    return context.extra_bias.float().expand(len(extra), -1)
