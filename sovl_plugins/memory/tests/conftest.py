"""Tiny models with a scaffold that shares the base's first layer, tokenizers, and a started plugin."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from sovl_core.models import Models
from sovl_core.system_logging import ThreadSafeLogger
from sovl_core.vitals import Vitals
from sovl_memory import MemoryPlugin, MemorySettings

WORDS = ["my", "dog", "is", "called", "rex", "and", "lives", "in", "graz", "the", "cat", "likes", "tea"]


def build_tokenizer(words):
    from tokenizers import Tokenizer, pre_tokenizers
    from tokenizers import models as kinds
    from transformers import PreTrainedTokenizerFast

    vocabulary = {word: number for number, word in enumerate(["<unk>", *words])}
    core = Tokenizer(kinds.WordLevel(vocabulary, unk_token="<unk>"))
    core.pre_tokenizer = pre_tokenizers.Whitespace()
    return PreTrainedTokenizerFast(tokenizer_object=core, unk_token="<unk>")


@pytest.fixture
def tokenizer():
    return build_tokenizer(WORDS)


@pytest.fixture
def letters():
    """A tokenizer that spells: several of its tokens stand for one word."""
    from tokenizers import Tokenizer, decoders, pre_tokenizers
    from tokenizers import models as kinds
    from transformers import PreTrainedTokenizerFast

    alphabet = pre_tokenizers.ByteLevel.alphabet()
    core = Tokenizer(kinds.BPE({letter: number for number, letter in enumerate(sorted(alphabet))}, []))
    core.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    core.decoder = decoders.ByteLevel()
    return PreTrainedTokenizerFast(tokenizer_object=core)


@pytest.fixture
def models(tokenizer):
    import torch
    from peft import LoraConfig, get_peft_model
    from transformers import LlamaConfig, LlamaForCausalLM

    torch.manual_seed(0)
    shape = {"num_hidden_layers": 2, "num_attention_heads": 4, "num_key_value_heads": 2}
    config = LlamaConfig(vocab_size=64, hidden_size=32, intermediate_size=64, **shape)

    def scaffold(_):
        adapter = LoraConfig(r=2, target_modules=["q_proj"], init_lora_weights=False)
        return get_peft_model(LlamaForCausalLM(config), adapter).eval(), tokenizer

    return Models(LlamaForCausalLM(config), tokenizer, scaffold)


@pytest.fixture
def context(models):
    return SimpleNamespace(
        name="memory",
        settings=MemorySettings(),
        config=SimpleNamespace(core=SimpleNamespace(base_model="tiny", scaffold_model="base[:1]")),
        logger=ThreadSafeLogger(),
        models=lambda: models,
        models_loaded=lambda: True,
        vitals=Vitals(),
    )


@pytest.fixture
def plugin(context):
    started = MemoryPlugin()
    started.on_start(context)
    return started
