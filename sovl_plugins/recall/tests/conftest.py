"""Tiny models whose scaffold is another model of the same shape, and a started plugin beside a journal of dreams."""

from __future__ import annotations

import random
from types import SimpleNamespace

import pytest

from sovl_core.models import Models
from sovl_core.system_logging import ThreadSafeLogger
from sovl_recall import RecallPlugin, RecallSettings

WORDS = ["my", "your", "dog", "is", "called", "rex", "and", "lives", "in", "graz", "the", "cat", "likes", "tea"]
WORDS += ["what", "who", "tell", "me", "about"]
WIDTH = 32


@pytest.fixture
def tokenizer():
    from tokenizers import Tokenizer, pre_tokenizers
    from tokenizers import models as kinds
    from transformers import PreTrainedTokenizerFast

    vocabulary = {word: number for number, word in enumerate(["<unk>", "</s>", *WORDS])}
    core = Tokenizer(kinds.WordLevel(vocabulary, unk_token="<unk>"))
    core.pre_tokenizer = pre_tokenizers.Whitespace()
    return PreTrainedTokenizerFast(tokenizer_object=core, unk_token="<unk>", eos_token="</s>")


@pytest.fixture
def models(tokenizer):
    import torch
    from peft import LoraConfig, get_peft_model
    from transformers import LlamaConfig, LlamaForCausalLM

    torch.manual_seed(0)
    shape = {"num_hidden_layers": 2, "num_attention_heads": 4, "num_key_value_heads": 2}
    config = LlamaConfig(vocab_size=64, hidden_size=WIDTH, intermediate_size=64, **shape)

    def scaffold(_):
        adapter = LoraConfig(r=2, target_modules=["q_proj"], init_lora_weights=False)
        return get_peft_model(LlamaForCausalLM(config), adapter).eval(), tokenizer

    return Models(LlamaForCausalLM(config), tokenizer, scaffold)


@pytest.fixture
def context(models):
    """The context of a started plugin; ``dreams`` are in its journal, episodes in ``forgotten`` are not true."""
    dreams, forgotten = [], []
    listeners = [SimpleNamespace(enabled=True, provides=("model.cross_attention",))]

    def find(night=None, episode=None, limit=100):
        return [d for d in dreams if episode is None or episode in d.parents]

    return SimpleNamespace(
        name="recall",
        settings=RecallSettings(rows=8, invented=4),
        config=SimpleNamespace(generation=SimpleNamespace(system_prompt="")),
        logger=ThreadSafeLogger(),
        models=lambda: models,
        rng=random.Random(0),
        journal=SimpleNamespace(dreams=find, still_true=lambda memories: {*memories}.difference(forgotten)),
        forgotten=forgotten,
        dreams=dreams,
        hooks=SimpleNamespace(infos=lambda: listeners),
        listeners=listeners,
    )


@pytest.fixture
def plugin(context, models):
    started = RecallPlugin()
    started.on_start(context)
    started.on_models_loaded(models)
    return started
