"""Models in which one small layer learns, and settings with which it learns fast."""

from __future__ import annotations

from typing import Any, Callable

import pytest

from sovl_core.models import Models
from sovl_core.system_config import load_config


@pytest.fixture
def models(tiny_model: Callable[..., Any], chat_tokenizer: Any) -> Models:
    """A tiny Llama whose last layer is followed by something that learns."""
    from torch import nn

    base = tiny_model("llama", vocab_size=320, max_position_embeddings=512, initializer_range=0.3)
    loaded = Models(base, chat_tokenizer)
    push = nn.Linear(32, 32, bias=False)
    nn.init.zeros_(push.weight)
    loaded.register_trainable("push", push)
    loaded.base.base_model.layers[-1].register_forward_hook(
        lambda module, args, output: output + push(output) if loaded.scaffold_enabled else output
    )
    return loaded


@pytest.fixture
def config() -> Any:
    made = load_config(None)
    made.training.learning_rate = 0.05
    made.training.batch_size = 2
    return made
