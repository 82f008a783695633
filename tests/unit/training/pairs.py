"""What the tests of training train on, and the weights that learn from it."""

from __future__ import annotations

from typing import Any

from sovl_core.data_processing import Example
from sovl_core.models import Models

PAIRS = [Example(f"What is {word}?", f"It is {word}.") for word in ("red", "a tree", "Graz", "the dog", "tea", "42")]


def weights(models: Models) -> Any:
    return models.trainables["push"].module.weight
