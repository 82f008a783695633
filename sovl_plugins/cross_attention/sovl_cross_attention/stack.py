"""The cross-attention of all listening layers, and the forward hooks that let it speak."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Dict, Iterator, List, Mapping, Optional, Sequence

import torch
from torch import Tensor, nn

from sovl_core.model_layers import decoder_layers, hidden_size, layer_output, replace_layer_output, vocab_size
from sovl_cross_attention.hearing import Hearing, Rows, heard_rows
from sovl_cross_attention.layers import GatedCrossAttention, KeysValues, Projection
from sovl_cross_attention.live_layers import misplaced
from sovl_cross_attention.said_tokens import TokenTable
from sovl_cross_attention.stepping import Steps, fed_tokens

if TYPE_CHECKING:
    from sovl_core.events import ScaffoldContext
    from sovl_core.models import Models


class CrossAttentionStack(nn.Module):
    """Projection and one :class:`GatedCrossAttention` a listening layer; float32, on the base's device.

    Without a context (:meth:`hearing`), or while ``models.scaffold_enabled`` is False, the hooks hand the base's own
    tensors through untouched.

    :param models: the base that listens.
    :param layers: numbers of the listening layers.
    :param scaffold_width: width of the scaffold's hidden states.
    :param heads: attention heads; 0 takes a third of the base's width in all.
    :param head_width: width of a head; 0 takes 64, less for a narrow base.
    :param stepped: the scaffold moves with the base; what it makes of the answer then bears a mark of its own, learned,
        which also tells the weights of one mode from those of the other.
    """

    def __init__(
        self,
        models: Models,
        layers: Sequence[int],
        scaffold_width: int,
        heads: int = 0,
        head_width: int = 0,
        stepped: bool = False,
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
        self.stepped = stepped
        if stepped:
            self.said_mark = nn.Parameter(torch.zeros(width))
        self._heads = heads
        self._table: Optional[TokenTable] = None
        self._heard: Optional[Hearing] = None
        # Not a submodule: the base must not be stored with what is trained.
        self._models = [models]
        self._handles: List[Any] = []

    def insert(self) -> None:
        """Hook every listening layer of the base."""
        modules = decoder_layers(self._models[0].base)
        for number in self.numbers:
            self._handles.append(modules[number].register_forward_hook(self._hook(number)))
        if self.stepped:
            base = self._models[0].base
            self._handles.append(base.register_forward_pre_hook(self._follow, with_kwargs=True))

    def remove(self) -> None:
        """Take all hooks off again."""
        for handle in self._handles:
            handle.remove()
        self._handles.clear()

    def misfit(self, tensors: Mapping[str, Tensor]) -> str:
        """Return why stored weights are not for this stack, "" where nothing speaks against them."""
        was, now = ("stepped" if stepped else "encoder" for stepped in ("said_mark" in tensors, self.stepped))
        if was == now:
            return misplaced({int(key.split(".")[1]) for key in tensors if key.startswith("layers.")}, self.numbers)
        return f'they were trained with plugins.cross_attention.scaffold_mode = "{was}", and it is "{now}" now'

    def table(self) -> TokenTable:
        """Return which of the scaffold's tokens spell each of the base's; kept as long as the models are."""
        if self._table is None:
            models = self._models[0]
            self._table = TokenTable(models.base_tokenizer, models.scaffold_tokenizer, vocab_size(models.scaffold))
        return self._table

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
        steps: Optional[Steps] = None,
    ) -> Iterator[None]:
        """Within this block the layers hear this context and no other; afterwards they hear what they heard before.

        They speak at the last position of each forward pass: the position that foretells the next token. So the base
        computes the prompt before its last token bare, and no later token reaches an earlier one.

        :param context: None lets the base be bare.
        :param layer_weights: of the listening layers, bottom first; missing ones are 1.
        :param everywhere: speak at all positions of the pass (a training pass over answers alone).
        :param positions: bool [batch, tokens], where to speak in a pass of that length (a training pass over all).
        :param steps: the reply that is being given, for the scaffold to move along with.
        """
        heard: Optional[Hearing] = None
        if context is not None:
            weights = dict(zip(self.numbers, layer_weights))
            heard = Hearing(context, self._rows(*heard_rows(context)), weights, everywhere, positions, steps)
        # A reply may be asked for in the middle of another one.
        before, self._heard = self._heard, heard
        try:
            yield
        finally:
            self._heard = before

    def _rows(self, states: Tensor, bias: Tensor, said: Tensor, order: Tensor) -> Rows:
        """Return keys and values of every layer for what :func:`heard_rows` returned."""
        source = self.projection(states)
        if self.stepped:
            source = source + self.said_mark * (said > 0)[:, :, None].to(source.dtype)
        layers = {number: layer.keys_values(source, bias) for number, layer in zip(self.numbers, self.cross_layers())}
        return Rows(layers, bias, said, order)

    def _follow(self, module: nn.Module, args: Any, kwargs: Dict[str, Any]) -> None:
        """Before the base says the next token, let the scaffold read the one that it is fed."""
        heard = self._heard
        if heard is None or heard.steps is None or heard.scale == 0.0 or not self._models[0].scaffold_enabled:
            return
        steps = heard.steps
        tokens = steps.follow(*fed_tokens(args, kwargs))
        if steps.count == 0:
            heard.begin_again()
        if tokens:
            with torch.no_grad():
                states = steps.read(tokens).float()
                ids = torch.tensor([tokens], device=states.device)
                order = torch.arange(steps.length - len(tokens), steps.length, device=states.device)[None]
                later = self._rows(states, heard.context.later_bias(ids), torch.full_like(ids, steps.count), order)
            heard.rows = heard.rows.followed_by(later)

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

    def _residual(self, number: int, hidden: Tensor, heard: Hearing, scale: float) -> Tensor:
        layer, tokens = self.layers[str(number)], hidden.shape[1]
        context = self._context(number, heard, tokens)
        if heard.positions is not None and heard.positions.shape[1] == tokens:
            return layer(hidden, context, scale) * heard.positions[:, :, None].to(hidden.dtype)  # type: ignore[no-any-return]
        if heard.everywhere or tokens == 1:
            return layer(hidden, context, scale)  # type: ignore[no-any-return]
        last = layer(hidden[:, -1:], context, scale)
        return nn.functional.pad(last, (0, 0, tokens - 1, 0))

    def _context(self, number: int, heard: Hearing, tokens: int) -> KeysValues:
        context = heard.rows.layers[number]
        return replace(context, bias=heard.bias(tokens, self._heads)) if self.stepped else context


def insert_cross_attention(
    models: Models,
    layers: Sequence[int],
    scaffold_width: int,
    heads: int = 0,
    head_width: int = 0,
    seed: int = 0,
    stepped: bool = False,
) -> CrossAttentionStack:
    """Build a stack for these layers, on the base's device, and hook it in.

    :param seed: of the weights' start; the random state of everybody else stays as it was.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        stack = CrossAttentionStack(models, layers, scaffold_width, heads, head_width, stepped)
    stack.to(device=models.device, dtype=torch.float32)
    stack.insert()
    return stack


def get_cross_attention_layers(stack: CrossAttentionStack) -> List[int]:
    """Return the numbers of the base's layers that listen, bottom first."""
    return list(stack.numbers)
