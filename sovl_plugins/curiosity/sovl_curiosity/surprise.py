"""How surprising the base finds what was said: small talk it could have said itself, a name it could not."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sovl_core.models import Models

#: Tokens of a text that are read.
LONGEST = 64


def surprise(models: Models, text: str) -> float:
    """Return 1 - the geometric mean of the probabilities that the base alone gives the tokens, in [0, 1].

    The first token is foretold by nothing and does not count; a text of one token is all surprise.

    :param models: loaded.
    """
    import torch

    from sovl_core.safe_encoding import encode_text

    tokens = encode_text(models.base_tokenizer, text, template_tokens=False)[:LONGEST]
    if len(tokens) < 2:
        return 1.0
    ids = torch.tensor([tokens], device=models.device)
    with torch.no_grad(), models.bypass():
        logits = models.logits(models.hidden_states(ids, torch.ones_like(ids))[0, :-1])
        loss = torch.nn.functional.cross_entropy(logits, ids[0, 1:]).item()
    return 1.0 - math.exp(-loss) if math.isfinite(loss) else 1.0
