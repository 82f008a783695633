"""Modes of everything that learns: dropout at work while it is trained, none in replies given and losses measured."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Iterator, List

if TYPE_CHECKING:
    from torch import nn

    from sovl_core.models import Models


@contextlib.contextmanager
def evaluating(models: Models) -> Iterator[None]:
    """Within this block all registered modules evaluate; afterwards each part is back in the mode it was in."""
    parts = [part for trainable in models.trainables.values() for part in trainable.module.modules()]
    training = [part for part in parts if part.training]
    for part in training:
        part.training = False
    try:
        yield
    finally:
        for part in training:
            part.training = True


@contextlib.contextmanager
def learning(models: Models) -> Iterator[None]:
    """Within this block all registered modules are in training mode; afterwards each part is in the mode it was in.

    Of a PEFT model only the adapters' own dropout is: the frozen model inside goes on as it always computes.
    """
    resting = [part for trainable in models.trainables.values() for part in _learning_parts(trainable.module)]
    resting = [part for part in resting if not part.training]
    for part in resting:
        part.training = True
    try:
        yield
    finally:
        for part in resting:
            part.training = False


def _learning_parts(module: nn.Module) -> List[nn.Module]:
    peft = hasattr(module, "peft_config")
    return [part for name, part in module.named_modules() if not peft or "lora_dropout" in name.split(".")]
