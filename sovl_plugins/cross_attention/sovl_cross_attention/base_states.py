"""Hidden states of the bare base at some of its layers, without computing those above them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Dict, List, Sequence

import torch
from torch import Tensor, nn

from sovl_core.model_layers import decoder_layers, layer_output

if TYPE_CHECKING:
    from sovl_core.models import Models


class _LayerReached(Exception):
    """Ends a forward pass at the topmost layer whose states are wanted."""


def base_states(models: Models, ids: Tensor, mask: Tensor, layers: Sequence[int]) -> List[Tensor]:
    """Let the bare base read texts up to the topmost of the layers asked for.

    :param ids: int64 [texts, tokens].
    :param mask: int64 [texts, tokens], 1 where there is a token.
    :param layers: numbers of layers, bottom 0.
    :return: what each of these layers puts out, [texts, tokens, width].
    """
    found: Dict[int, Tensor] = {}

    def keeper(number: int) -> object:
        def keep(_: nn.Module, args: object, output: object) -> None:
            found[number] = layer_output(output)
            if number == max(layers):
                raise _LayerReached

        return keep

    modules = decoder_layers(models.base)
    hooks = [modules[number].register_forward_hook(keeper(number)) for number in dict.fromkeys(layers)]
    try:
        with torch.no_grad(), models.bypass():
            models.base.base_model(input_ids=ids, attention_mask=mask, use_cache=False)
    except _LayerReached:
        pass
    finally:
        for hook in hooks:
            hook.remove()
    return [found[number] for number in layers]


def unit_rms(states: Tensor) -> Tensor:
    """Return states of unit root mean square: float [..., width]."""
    return states * torch.rsqrt(states.pow(2).mean(-1, keepdim=True) + 1e-6)
