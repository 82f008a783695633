"""How the cross-attention begins: as a pointer to the rows it hears, able to read a memory before it has learned any.

Weights that begin at random learn tonight's answers by heart, and say them over the rows of another memory. A row that
stands for a token is made of the state before that token, in the base's own space, and of the token's embedding. So a
query that looks for the most similar row finds where the telling is, and a value that hands the row through raises the
logit of the token to be said there: a pointer network (arXiv:1609.07843) in hidden space, known in closed form.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from sovl_cross_attention.base_states import base_states, unit_rms

if TYPE_CHECKING:
    from sovl_core.events import ScaffoldContext, TrainStep
    from sovl_core.models import Models
    from sovl_cross_attention.layers import GatedCrossAttention
    from sovl_cross_attention.stack import CrossAttentionStack

#: Where the gates begin: tanh is steep there still.
GATE = 0.3
#: How long the residual begins, as a share of what it is added to.
SHARE = 0.5
#: How sharply the most similar row is preferred.
SHARPNESS = 2.0


def speaks_one_language(models: Models) -> bool:
    """Return whether a row of the scaffold's means something to the base as it is.

    So it is where the scaffold is made of the base's layers, and what the base says is what it reads (tied embeddings).
    """
    read, said = models.base.get_input_embeddings(), models.base.get_output_embeddings()
    own = models.scaffold.get_input_embeddings()
    return said is not None and own.weight is read.weight and said.weight is read.weight


def begin_as_pointer(
    stack: CrossAttentionStack, step: TrainStep, positions: Tensor, context: ScaffoldContext, seed: int
) -> bool:
    """Set the weights of every layer to those of a pointer, where rows alone are heard and mean something to the base.

    :param stack: its gates are open from then on.
    :param step: whose batch the base reads bare, to know what its states have in common.
    :param positions: bool [batch, tokens], where the layers will speak.
    :param context: what they will hear.
    :return: whether it has begun so; otherwise nothing is changed.
    """
    rows, models = context.extra_rows, step.models
    if stack.stepped or rows is None or not context.silent or not speaks_one_language(models):
        return False
    batch = step.batch
    bare = base_states(models, batch.input_ids, batch.attention_mask, stack.numbers)
    chance = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        # A row of zeros says nothing, and is laid beside the others for that.
        heard = unit_rms(rows[rows.abs().amax(-1) > 0].float())
        width = heard.shape[1]
        said = _orthogonal(width, chance).to(heard.device)
        for place, (states, layer) in enumerate(zip(bare, stack.cross_layers())):
            inner = layer.query.out_features
            sketch = _orthogonal(width, chance)[:inner].to(heard.device) * SHARPNESS * math.sqrt(width / inner)
            # Each layer hands on another part of what a row says; together they say all of it.
            part = said[torch.arange(place * inner, (place + 1) * inner) % width]
            _begin(layer, sketch, part, states[positions].float(), heard)
    return True


def _begin(layer: GatedCrossAttention, sketch: Tensor, part: Tensor, states: Tensor, heard: Tensor) -> None:
    # What all states have in common is most of their length, and tells none from another.
    layer.query.weight.copy_(_without(sketch, unit_rms(states).mean(0)))
    layer.key.weight.copy_(_without(sketch, heard.mean(0)))
    layer.value.weight.copy_(_without(part, heard.mean(0)))
    length = layer.value(heard).norm(dim=-1).mean() * math.tanh(GATE)
    layer.output.weight.copy_(part.t() * SHARE * states.norm(dim=-1).median() / length)
    layer.gate.fill_(GATE)


def _orthogonal(width: int, chance: torch.Generator) -> Tensor:
    q: Tensor = torch.linalg.qr(torch.randn(width, width, generator=chance))[0]
    return q


def _without(weight: Tensor, direction: Tensor) -> Tensor:
    """Return a projection that is blind to a direction."""
    along = direction / direction.norm().clamp(min=1e-6)
    return weight - (weight @ along)[:, None] * along
