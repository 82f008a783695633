"""Tiny random models of every supported family, built in memory, and a tokenizer to go with them."""

from __future__ import annotations

from typing import Any, Callable, Dict, List

import pytest

WIDTH, LAYERS, HEADS, POSITIONS, VOCABULARY = 32, 4, 4, 64, 96

_SHAPE = {
    "hidden_size": WIDTH,
    "num_hidden_layers": LAYERS,
    "num_attention_heads": HEADS,
    "intermediate_size": 64,
    "max_position_embeddings": POSITIONS,
}
_KEY_VALUE = {"num_key_value_heads": 2}
_HEAD = {"head_dim": 8}
_FAMILIES: Dict[str, Dict[str, Any]] = {
    "llama": {**_SHAPE, **_KEY_VALUE},
    "gpt2": {"n_embd": WIDTH, "n_layer": LAYERS, "n_head": HEADS, "n_positions": POSITIONS},
    "gpt_neox": _SHAPE,
    "opt": {**_SHAPE, "ffn_dim": 64, "word_embed_proj_dim": 16},
    "qwen2": {**_SHAPE, **_KEY_VALUE},
    "qwen3": {**_SHAPE, **_KEY_VALUE, **_HEAD},
    "gemma": {**_SHAPE, **_KEY_VALUE, **_HEAD},
    "gemma2": {**_SHAPE, **_KEY_VALUE, **_HEAD},
    "gemma3_text": {**_SHAPE, **_KEY_VALUE, **_HEAD},
    "phi": _SHAPE,
    "phi3": {**_SHAPE, **_KEY_VALUE},
    "smollm3": {**_SHAPE, **_KEY_VALUE},
}


def families() -> List[str]:
    return sorted(_FAMILIES)


def pytest_generate_tests(metafunc: Any) -> None:
    # A test that asks for `family` runs once for each, so that no list of families is repeated in test files.
    if "family" in metafunc.fixturenames:
        metafunc.parametrize("family", families())


@pytest.fixture
def tiny_model() -> Callable[..., Any]:
    """Return ``build(family, seed=0, **config)``: a random causal LM in evaluation mode, float32."""

    def build(family: str = "llama", seed: int = 0, **changes: Any) -> Any:
        import torch
        from transformers import AutoConfig, AutoModelForCausalLM

        tokens = {"bos_token_id": 1, "eos_token_id": 2, "pad_token_id": 0, "vocab_size": VOCABULARY}
        try:
            config = AutoConfig.for_model(family, **{**tokens, **_FAMILIES[family], **changes})
        except ValueError:
            pytest.skip(f"the installed transformers has no {family}")
        torch.manual_seed(seed)
        return AutoModelForCausalLM.from_config(config).eval()

    return build


@pytest.fixture
def tiny_tokenizer() -> Callable[..., Any]:
    """Return ``build(extra_words)``: a word-level fast tokenizer that saves and loads like any other."""

    def build(*words: str) -> Any:
        from tokenizers import Tokenizer, models, pre_tokenizers
        from transformers import PreTrainedTokenizerFast

        vocabulary = {word: i for i, word in enumerate(["<pad>", "<s>", "</s>", "<unk>", *words])}
        core = Tokenizer(models.WordLevel(vocabulary, unk_token="<unk>"))
        core.pre_tokenizer = pre_tokenizers.Whitespace()
        return PreTrainedTokenizerFast(
            tokenizer_object=core, bos_token="<s>", eos_token="</s>", unk_token="<unk>", pad_token="<pad>"
        )

    return build
