"""Tiny models of two families with every kind of scaffold, and a stand-in for the kernel."""

from __future__ import annotations

import random

import pytest


def spelling(*words):
    """A tokenizer that knows these words and spells all others."""
    from tokenizers import Tokenizer, decoders, pre_tokenizers
    from tokenizers import models as kinds
    from transformers import PreTrainedTokenizerFast

    tokens = ["<pad>", "</s>", *sorted(pre_tokenizers.ByteLevel.alphabet()), *words]
    core = Tokenizer(kinds.BPE({token: number for number, token in enumerate(tokens)}, []))
    core.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    core.decoder = decoders.ByteLevel()
    return PreTrainedTokenizerFast(tokenizer_object=core, pad_token="<pad>", eos_token="</s>")


def causal_lm(family, width, vocabulary, layers=4, seed=0):
    import torch
    from transformers import GPT2Config, GPT2LMHeadModel, LlamaConfig, LlamaForCausalLM

    torch.manual_seed(seed)
    tokens = {"bos_token_id": 1, "eos_token_id": 1, "pad_token_id": 0, "vocab_size": vocabulary}
    if family == "gpt2":
        shape = {"n_embd": width, "n_layer": layers, "n_head": 4, "n_positions": 512}
        return GPT2LMHeadModel(GPT2Config(**shape, **tokens, initializer_range=0.2)).eval()
    shape = {"hidden_size": width, "num_hidden_layers": layers, "num_attention_heads": 4, "intermediate_size": 64}
    config = LlamaConfig(**shape, **tokens, max_position_embeddings=512, initializer_range=0.2)
    return LlamaForCausalLM(config).eval()


@pytest.fixture(scope="session")
def vocabulary():
    """Return ``vocabulary(*words)``: a tokenizer that knows these words and spells all others."""
    return spelling


@pytest.fixture(scope="session")
def build():
    """Return ``build(base, scaffold)``: models of these families; the scaffold is the base's own by default."""

    def make(base="llama", scaffold="own", base_width=32):
        from types import SimpleNamespace

        from peft import LoraConfig, get_peft_model

        from sovl_core.models import Models
        from sovl_core.scaffold import build_scaffold

        tokenizer = spelling()
        lora = SimpleNamespace(enabled=True, rank=4, alpha=8, dropout=0.0, target_modules=[])
        config = SimpleNamespace(core=SimpleNamespace(seed=0), lora=lora)

        def own(models):
            return build_scaffold("base[:2]", models, config)

        def foreign(models):
            other = spelling("other", "words")
            model = causal_lm(scaffold, 48, len(other), layers=2, seed=1)
            names = ["c_attn", "c_fc"] if scaffold == "gpt2" else ["q_proj", "up_proj"]
            return get_peft_model(model, LoraConfig(r=4, target_modules=names)).eval(), other

        base_model = causal_lm(base, base_width, len(tokenizer))
        return Models(base_model, tokenizer, own if scaffold == "own" else foreign)

    return make


@pytest.fixture
def listen():
    """Return ``listen(models, layers)``: a stack on these layers whose gates stand open, as after nights."""

    def insert(models, layers=(1, 3), gate=0.7, stepped=False):
        import torch

        from sovl_core.model_layers import output_size
        from sovl_cross_attention.stack import insert_cross_attention

        stack = insert_cross_attention(models, list(layers), output_size(models.scaffold), stepped=stepped)
        with torch.no_grad():
            if stepped:
                stack.said_mark.copy_(torch.randn(stack.said_mark.shape, generator=torch.Generator().manual_seed(4)))
            for layer in stack.cross_layers():
                layer.gate.fill_(gate)
            for name, parameter in models.scaffold.named_parameters():
                if "lora_B" in name:
                    parameter.copy_(torch.randn(parameter.shape, generator=torch.Generator().manual_seed(3)) * 0.1)
        return stack

    return insert


class World:
    """Stands in for the kernel: what the plugin is given at its start, and its hooks called as the kernel does."""

    def __init__(self, models, folder):
        from types import SimpleNamespace

        from sovl_core.records import Episode
        from sovl_core.system_logging import ThreadSafeLogger
        from sovl_core.vitals import Vitals
        from sovl_cross_attention import CrossAttentionSettings

        self.loaded = models
        self.folder = folder
        # Practice is asked for where it is tried.
        self.settings = CrossAttentionSettings(answer_probe=False)
        self.config = SimpleNamespace(core=SimpleNamespace(seed=3))
        self.logger = ThreadSafeLogger(None)
        self.vitals = Vitals()
        self.hooks = self
        self.dreams = []
        self.asked = []
        self.superseded = set()
        self.journal = SimpleNamespace(
            dreams=self.dreamed,
            still_true=lambda memories: {*memories}.difference(self.superseded),
            episode=lambda number: Episode(id=number, conversation="", prompt=f"memory {number}"),
            answered_by=lambda episode: None,
        )
        self.contexts = []

    def models(self):
        return self.loaded

    def dreamed(self, night, limit):
        """What the night has dreamed, newest first as in the journal."""
        self.asked.append((night, limit))
        return list(reversed(self.dreams))

    def on_scaffold_context(self, context):
        self.contexts.append(context)

    def run(self, wrapper, inner):
        """Run a wrapper around ``inner``; return its result."""
        next(wrapper)
        try:
            wrapper.send(inner())
        except StopIteration as stop:
            return stop.value
        raise AssertionError("it yielded twice")

    def answered(self, plugin, turn):
        """Return the reply and whether the base was moved while it was given."""
        import torch

        from sovl_core.events import Reply

        bare, before, moved = self.bare_logits(), self.logits(), []

        def inner():
            moved.append(not torch.equal(self.logits(), bare))
            return Reply("text")

        reply = self.run(plugin.on_generate(turn), inner)
        assert torch.equal(self.logits(), before)
        return reply, moved[0]

    def logits(self, text="what is it?"):
        import torch

        with torch.no_grad():
            return self.loaded.base(input_ids=torch.tensor([self.loaded.base_tokenizer.encode(text)])).logits

    def bare_logits(self):
        with self.loaded.bypass():
            return self.logits()

    def step(self, phase="train", kinds=("question",), prompts=None, **fields):
        """A training step on "question 0" and so on, or on these prompts."""
        from sovl_core.data_processing import Encoded, Example, collate
        from sovl_core.events import TrainStep

        items = []
        for number, prompt in enumerate(prompts or [f"question {number}" for number in range(len(kinds))]):
            ids = self.loaded.base_tokenizer.encode(f"{prompt} answer")
            kind = kinds[number % len(kinds)]
            items.append(Encoded(ids, len(prompt) + 1, Example(prompt, "answer", kind)))
        return TrainStep(collate(items, 0), self.loaded, phase=phase, **fields)

    def night(self, **fields):
        """The fourth night."""
        from sovl_core.events import Night

        return Night(4, 3, [], [], self.loaded, self.folder, random.Random(0), **fields)

    def open_gates(self, plugin):
        import torch

        with torch.no_grad():
            for layer in plugin.stack.cross_layers():
                layer.gate.fill_(0.7)


@pytest.fixture
def world(build, tmp_path):
    """What a plugin is started with, on a tiny model."""
    return World(build(), tmp_path)


@pytest.fixture
def plugin(world):
    """A started plugin whose gates stand open, as after a night."""
    from sovl_cross_attention import CrossAttentionPlugin

    started = CrossAttentionPlugin()
    started.on_start(world)
    started.on_models_loaded(world.loaded)
    world.open_gates(started)
    return started
