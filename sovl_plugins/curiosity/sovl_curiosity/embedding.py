"""A question as one vector, in the space of the scaffold's hidden states where there is a scaffold."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor

    from sovl_core.models import Models

#: Tokens of a text that are read.
LONGEST = 64


def embed(models: Models, text: str) -> Tensor:
    """Return a text's hidden states averaged over its tokens; loads nothing and builds nothing.

    :param models: loaded; the scaffold's last states are taken when it has been built, else those of the base's lower
        third, which the upper layers' business of predicting the next token has not coloured yet.
    :return: float32 [width] on the CPU.
    """
    import torch

    from sovl_core.model_layers import decoder_layers
    from sovl_core.safe_encoding import encode_text
    from sovl_core.scaffold import scaffold_hidden_states, scaffold_layer_states

    tokenizer = models.scaffold_tokenizer if models.scaffold_loaded else models.base_tokenizer
    tokens = encode_text(tokenizer, text, template_tokens=False)[:LONGEST] or [0]
    ids = torch.tensor([tokens], device=models.device)
    mask = torch.ones_like(ids)
    with torch.no_grad(), models.bypass():
        if models.scaffold_loaded:
            hidden = scaffold_hidden_states(models.scaffold, ids, mask)
        else:
            layer = max(0, len(decoder_layers(models.base)) // 3 - 1)
            hidden = scaffold_layer_states(models.base, ids, mask, [layer])[0]
    return hidden[0].float().mean(dim=0).cpu()
