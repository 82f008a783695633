"""Which rank LoRA has on each linear layer of the base, so that as many numbers learn as are wanted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Dict, Mapping

from sovl_core import model_layers

if TYPE_CHECKING:
    from sovl_core.models import Models

#: As many times the wanted numbers may learn, least and most.
NEAR = (0.9, 1.1)


def numbers_of_one_rank(models: Models) -> Dict[str, int]:
    """Return how many numbers LoRA of rank 1 adds to each linear layer of attention and MLP, by the layer's path."""
    from torch import nn

    names = model_layers.linear_names(models.base)
    paths = {id(module): path for path, module in models.base.named_modules()}
    found: Dict[str, int] = {}
    for layer in model_layers.decoder_layers(models.base):
        for path, module in layer.named_modules():
            if path.split(".")[-1] in names:
                weight = module.weight
                # A quantized weight is packed; its layer still knows its shape.
                shape = (module.in_features, module.out_features) if isinstance(module, nn.Linear) else weight.shape
                found[paths[id(module)]] = sum(shape)
    return found


def choose_ranks(one_rank: Mapping[str, int], parameters: int) -> Dict[str, int]:
    """Return a rank for each layer that is adapted.

    One rank for all, as a user would choose, where that is near enough; else some layers, from the top, have one more
    than the others, or others none.

    :param one_rank: see :func:`numbers_of_one_rank`.
    :param parameters: how many numbers should learn, at least 1.
    """
    each = sum(one_rank.values())
    rank = max(1, round(parameters / each))
    if NEAR[0] * parameters <= rank * each <= NEAR[1] * parameters:
        return dict.fromkeys(one_rank, rank)
    rank = parameters // each
    ranks, left = dict.fromkeys(one_rank, rank), parameters - rank * each
    for path in reversed(list(one_rank)):
        if one_rank[path] <= left:
            ranks[path] += 1
            left -= one_rank[path]
    return {path: rank for path, rank in ranks.items() if rank} or {min(one_rank, key=one_rank.__getitem__): 1}
