"""Gated cross-attention: how one decoder layer of the base listens to the scaffold.

``h <- h + tanh(g) * XAttn(norm(h), norm(P(s)))``, with the gate zero at the start (Flamingo, arXiv:2204.14198): the
layer is the identity until it is trained, while the non-zero output projection keeps its gradient alive.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional

import torch
from torch import Tensor, nn


class RMSNorm(nn.Module):
    """Root-mean-square norm with a learned scale (arXiv:1910.07467); own class because torch has it only from 2.4."""

    def __init__(self, width: int, epsilon: float = 1e-6) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))
        self.epsilon = epsilon

    def forward(self, hidden: Tensor) -> Tensor:
        """Normalise over the last dimension; float [..., width] to the same shape."""
        return hidden * torch.rsqrt(hidden.pow(2).mean(-1, keepdim=True) + self.epsilon) * self.weight


@dataclass
class KeysValues:
    """Keys and values of one layer for one turn or batch.

    ``keys`` and ``values`` float [batch, heads, rows, head width]; ``bias`` float [batch, 1 or heads, 1 or positions,
    rows], added to the attention logits, minus infinity at padding and where a row must not be heard.
    """

    keys: Tensor
    values: Tensor
    bias: Tensor

    def followed_by(self, later: KeysValues) -> KeysValues:
        """Return these rows and later ones beside them."""
        pairs = ((self.keys, later.keys, 2), (self.values, later.values, 2), (self.bias, later.bias, 3))
        return KeysValues(*(torch.cat([known, new], dim=rows) for known, new, rows in pairs))


class GatedCrossAttention(nn.Module):
    """Cross-attention from the base's hidden states to the scaffold's, behind a tanh gate that starts at zero.

    :param width: hidden width of the base.
    :param source_width: width of the projected scaffold states.
    :param heads: attention heads.
    :param head_width: width of each head.
    """

    def __init__(self, width: int, source_width: int, heads: int, head_width: int) -> None:
        super().__init__()
        inner = heads * head_width
        self.heads = heads
        self.head_width = head_width
        self.norm = RMSNorm(width)
        self.source_norm = RMSNorm(source_width)
        self.query = nn.Linear(width, inner, bias=False)
        self.key = nn.Linear(source_width, inner, bias=False)
        self.value = nn.Linear(source_width, inner, bias=False)
        self.output = nn.Linear(inner, width, bias=False)
        self.gate = nn.Parameter(torch.zeros(()))

    def _split(self, projected: Tensor) -> Tensor:
        batch, rows, _ = projected.shape
        return projected.view(batch, rows, self.heads, self.head_width).transpose(1, 2)

    def keys_values(self, source: Tensor, bias: Tensor) -> KeysValues:
        """Project the scaffold's states once; they serve every token of the turn.

        :param source: float [batch, rows, source width].
        :param bias: float [batch, rows], minus infinity where a row must not be attended.
        """
        normed = self.source_norm(source)
        return KeysValues(self._split(self.key(normed)), self._split(self.value(normed)), bias[:, None, None, :])

    def forward(self, hidden: Tensor, context: KeysValues, scale: float = 1.0) -> Tensor:
        """Return the residual to be added to ``hidden``.

        :param hidden: float [batch, tokens, width].
        :param context: keys and values of this layer.
        :param scale: influence, multiplies the residual.
        :return: float [batch, tokens, width].
        """
        query = self._split(self.query(self.norm(hidden.float())))
        mixed = nn.functional.scaled_dot_product_attention(query, context.keys, context.values, attn_mask=context.bias)
        batch, _, tokens, _ = mixed.shape
        merged = mixed.transpose(1, 2).reshape(batch, tokens, self.heads * self.head_width)
        return (torch.tanh(self.gate) * scale * self.output(merged)).to(hidden.dtype)


class Projection(nn.Module):
    """Bring the scaffold's states to the width the cross-attention reads; the identity where widths agree.

    :param scaffold_width: width of the scaffold's hidden states.
    :param width: width wanted.
    """

    def __init__(self, scaffold_width: int, width: int) -> None:
        super().__init__()
        self.linear: Optional[nn.Linear] = None
        if scaffold_width != width:
            self.linear = nn.Linear(scaffold_width, width, bias=False)

    def forward(self, states: Tensor) -> Tensor:
        """Project float [..., scaffold width] to float [..., width]."""
        return states if self.linear is None else self.linear(states)
