"""The cross-attention of all listening layers, and the forward hooks that let it speak."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Dict, Iterator, List, Optional, Sequence

import torch
from torch import Tensor, nn

from sovl_core.model_layers import decoder_layers, hidden_size, layer_output, replace_layer_output
from sovl_cross_attention.layers import GatedCrossAttention, KeysValues, Projection

if TYPE_CHECKING:
    from sovl_core.events import ScaffoldContext
    from sovl_core.models import Models


@dataclass
class _Hearing:
    """What the layers hear, and where they speak."""

    contexts: Dict[int, KeysValues]
    scale: float
    weights: Dict[int, float] = field(default_factory=dict)
    everywhere: bool = False
    positions: Optional[Tensor] = None


class CrossAttentionStack(nn.Module):
    """Projection and one :class:`GatedCrossAttention` a listening layer; float32, on the base's device.

    Without a context (:meth:`hearing`), or while ``models.scaffold_enabled`` is False, the hooks hand the base's own
    tensors through untouched.

    :param models: the base that listens.
    :param layers: numbers of the listening layers.
    :param scaffold_width: width of the scaffold's hidden states.
    :param heads: attention heads; 0 takes a third of the base's width in all.
    :param head_width: width of a head; 0 takes 64, less for a narrow base.
    """

    def __init__(
        self, models: Models, layers: Sequence[int], scaffold_width: int, heads: int = 0, head_width: int = 0
    ) -> None:
        super().__init__()
        width = hidden_size(models.base)
        head_width = head_width or min(64, max(8, width // 3))
        heads = heads or max(1, round(width / 3 / head_width))
        self.numbers = list(layers)
        self.projection = Projection(scaffold_width, width)
        self.layers = nn.ModuleDict(
            {str(number): GatedCrossAttention(width, width, heads, head_width) for number in layers}
        )
        self._heard: Optional[_Hearing] = None
        # Not a submodule: the base must not be stored with what is trained.
        self._models = [models]
        self._handles: List[Any] = []

    def insert(self) -> None:
        """Hook every listening layer of the base."""
        modules = decoder_layers(self._models[0].base)
        for number in self.numbers:
            self._handles.append(modules[number].register_forward_hook(self._hook(number)))

    def remove(self) -> None:
        """Take all hooks off again."""
        for handle in self._handles:
            handle.remove()
        self._handles.clear()

    @property
    def is_identity(self) -> bool:
        """True while every gate is exactly zero: the stack cannot say anything yet."""
        return all(float(layer.gate.detach()) == 0.0 for layer in self.cross_layers())

    def cross_layers(self) -> List[GatedCrossAttention]:
        """Return the layers' modules, bottom first."""
        return [self.layers[str(number)] for number in self.numbers]  # type: ignore[misc]

    @contextlib.contextmanager
    def hearing(
        self,
        context: Optional[ScaffoldContext],
        layer_weights: Sequence[float] = (),
        everywhere: bool = False,
        positions: Optional[Tensor] = None,
    ) -> Iterator[None]:
        """Within this block the layers hear this context and no other; afterwards they hear what they heard before.

        They speak at the last position of each forward pass: the position that foretells the next token. So the base
        computes the prompt before its last token bare, and no later token reaches an earlier one.

        :param context: None lets the base be bare.
        :param layer_weights: of the listening layers, bottom first; missing ones are 1.
        :param everywhere: speak at all positions of the pass (a training pass over answers alone).
        :param positions: bool [batch, tokens], where to speak in a pass of that length (a training pass over all).
        """
        heard: Optional[_Hearing] = None
        if context is not None:
            source, bias = self._source(context)
            contexts = {
                number: layer.keys_values(source, bias) for number, layer in zip(self.numbers, self.cross_layers())
            }
            weights = dict(zip(self.numbers, layer_weights))
            heard = _Hearing(contexts, float(context.influence), weights, everywhere, positions)
        # A reply may be asked for in the middle of another one.
        before, self._heard = self._heard, heard
        try:
            yield
        finally:
            self._heard = before

    def _source(self, context: ScaffoldContext) -> tuple[Tensor, Tensor]:
        """Return projected rows float [batch, rows, width] and their bias float [batch, rows]."""
        extra = None if context.extra_rows is None else context.extra_rows.float()
        if extra is not None and context.silent:
            extra = extra if extra.dim() == 3 else extra.expand(len(context.prompts), -1, -1)
            return self.projection(extra), self._extra_bias(context, extra)
        hidden, mask, _ = context.read()
        hidden = hidden.float()
        bias = torch.zeros(mask.shape, dtype=torch.float32, device=hidden.device)
        if context.key_bias is not None:
            bias = bias + context.key_bias.float()
        bias = bias.masked_fill(~mask.bool(), float("-inf"))
        if extra is not None:
            extra = extra.expand(len(hidden), -1, -1)
            hidden = torch.cat([hidden, extra], dim=1)
            bias = torch.cat([bias, self._extra_bias(context, extra)], dim=1)
        return self.projection(hidden), bias

    @staticmethod
    def _extra_bias(context: ScaffoldContext, extra: Tensor) -> Tensor:
        if context.extra_bias is None:
            return extra.new_zeros(extra.shape[:2])
        return context.extra_bias.float().expand(len(extra), -1)

    def _hook(self, number: int) -> Any:
        def hook(module: nn.Module, args: Any, output: Any) -> Any:
            heard = self._heard
            if heard is None or not self._models[0].scaffold_enabled:
                return output
            scale = heard.scale * heard.weights.get(number, 1.0)
            if scale == 0.0:
                return output
            hidden = layer_output(output)
            return replace_layer_output(output, hidden + self._residual(number, hidden, heard, scale))

        return hook

    def _residual(self, number: int, hidden: Tensor, heard: _Hearing, scale: float) -> Tensor:
        layer, context = self.layers[str(number)], heard.contexts[number]
        tokens = hidden.shape[1]
        if heard.positions is not None and heard.positions.shape[1] == tokens:
            return layer(hidden, context, scale) * heard.positions[:, :, None].to(hidden.dtype)  # type: ignore[no-any-return]
        if heard.everywhere or tokens == 1:
            return layer(hidden, context, scale)  # type: ignore[no-any-return]
        last = layer(hidden[:, -1:], context, scale)
        return nn.functional.pad(last, (0, 0, tokens - 1, 0))


def insert_cross_attention(
    models: Models, layers: Sequence[int], scaffold_width: int, heads: int = 0, head_width: int = 0, seed: int = 0
) -> CrossAttentionStack:
    """Build a stack for these layers, on the base's device, and hook it in.

    :param seed: of the weights' start; the random state of everybody else stays as it was.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        stack = CrossAttentionStack(models, layers, scaffold_width, heads, head_width)
    stack.to(device=models.device, dtype=torch.float32)
    stack.insert()
    return stack


def get_cross_attention_layers(stack: CrossAttentionStack) -> List[int]:
    """Return the numbers of the base's layers that listen, bottom first."""
    return list(stack.numbers)
