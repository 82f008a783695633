"""A tiny Llama on disk, models loaded from it as the kernel loads them, and a context that reloads in place."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from sovl_core.events import ModelRequest
from sovl_core.models import Models
from sovl_core.system_logging import ThreadSafeLogger
from sovl_quantization import QuantizationPlugin, QuantizationSettings


def tokenizer():
    from tokenizers import Tokenizer, pre_tokenizers
    from tokenizers import models as kinds
    from transformers import PreTrainedTokenizerFast

    core = Tokenizer(kinds.WordLevel({"<unk>": 0, "the": 1, "in": 2, "and": 3}, unk_token="<unk>"))
    core.pre_tokenizer = pre_tokenizers.Whitespace()
    return PreTrainedTokenizerFast(tokenizer_object=core, unk_token="<unk>")


@pytest.fixture(scope="session")
def folder(tmp_path_factory):
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    torch.manual_seed(0)
    path = tmp_path_factory.mktemp("tiny")
    shape = {"num_hidden_layers": 2, "num_attention_heads": 4, "num_key_value_heads": 2}
    config = LlamaConfig(vocab_size=64, hidden_size=64, intermediate_size=128, max_position_embeddings=64, **shape)
    LlamaForCausalLM(config).save_pretrained(path)
    return path


class Life:
    """What the kernel does with models, on the tiny one."""

    def __init__(self, plugin, folder):
        self.plugin = plugin
        self.folder = folder
        self.models = None
        self.loads = 0
        self.failure = None

    def load(self):
        if self.models is None:
            import torch
            from transformers import AutoModelForCausalLM

            request = ModelRequest("base", str(self.folder), {"dtype": torch.float32})
            self.plugin.on_load_model(request)
            self.loads += 1
            if self.failure is not None:
                raise self.failure
            self.models = Models(AutoModelForCausalLM.from_pretrained(request.path, **request.arguments), tokenizer())
            self.plugin.on_models_loaded(self.models)
        return self.models

    def reload(self):
        if self.models is not None:
            self.plugin.on_models_unloaded(self.models)
            self.models = None
        return self.load()


@pytest.fixture
def plugin():
    return QuantizationPlugin()


@pytest.fixture
def life(plugin, folder):
    life = Life(plugin, folder)
    context = SimpleNamespace(
        name="quantization",
        settings=QuantizationSettings(),
        logger=ThreadSafeLogger(),
        models=life.load,
        models_loaded=lambda: life.models is not None,
        reload_models=life.reload,
    )
    life.context = context
    plugin.on_start(context)
    yield life
    plugin.on_stop()
