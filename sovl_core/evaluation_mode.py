"""Puts everything that learns into evaluation mode for a while: no dropout in replies given and losses measured."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Iterator

if TYPE_CHECKING:
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
