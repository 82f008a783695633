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


_CORPUS = (
    "hello there, my friend. The dog is called Rex and lives in Graz.\n",
    "User: What is the dog called?\nAssistant: The dog is called Rex.\n",
    "<|im_start|>user\nassistant system 0123456789 naïve café\n",
)
CHAT_TEMPLATE = (
    "{% for m in messages %}{% if loop.first and m['role'] != 'system' %}"
    "{{ '<|im_start|>system\nBe kind.<|im_end|>\n' }}{% endif %}"
    "{{ '<|im_start|>' + m['role'] + '\n' + m['content'] + '<|im_end|>\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)


def _byte_level(size: int, special: List[str]) -> Any:
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

    core = Tokenizer(models.BPE())
    core.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    core.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=size, special_tokens=special, initial_alphabet=alphabet, show_progress=False
    )
    core.train_from_iterator(_CORPUS, trainer)
    return core


@pytest.fixture(scope="session")
def chat_tokenizer() -> Any:
    """A byte-level tokenizer with a chat template, shaped like the default model's; 320 tokens."""
    from transformers import PreTrainedTokenizerFast

    core = _byte_level(320, ["<|endoftext|>", "<|im_start|>", "<|im_end|>", "<repo_name>"])
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=core,
        bos_token="<|im_start|>",
        eos_token="<|im_end|>",
        pad_token="<|im_end|>",
        unk_token="<|endoftext|>",
    )
    tokenizer.chat_template = CHAT_TEMPLATE
    return tokenizer


@pytest.fixture(scope="session")
def plain_tokenizer() -> Any:
    """A byte-level tokenizer without a chat template, shaped like GPT-2's; 300 tokens."""
    from transformers import PreTrainedTokenizerFast

    core = _byte_level(300, ["<|endoftext|>"])
    end = "<|endoftext|>"
    return PreTrainedTokenizerFast(tokenizer_object=core, bos_token=end, eos_token=end, unk_token=end)


@pytest.fixture(scope="session")
def spaced_tokenizer() -> Any:
    """A tokenizer of the SentencePiece kind: puts a space and ``<s>`` before the text; spells rare letters in bytes."""
    from tokenizers import Tokenizer, decoders, models, normalizers, processors
    from transformers import PreTrainedTokenizerFast

    pieces = ["<unk>", "<s>", "</s>", *(f"<0x{byte:02X}>" for byte in range(256))]
    letters = "▁abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.,:?<>|_/"
    vocabulary = {piece: i for i, piece in enumerate([*pieces, *letters, "▁t", "he", "▁the"])}
    merges = [("▁", "t"), ("h", "e"), ("▁t", "he")]
    core = Tokenizer(models.BPE(vocabulary, merges, unk_token="<unk>", byte_fallback=True, fuse_unk=True))
    core.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    core.decoder = decoders.Sequence(
        [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)]
    )
    core.add_special_tokens(["<unk>", "<s>", "</s>"])
    core.post_processor = processors.TemplateProcessing(single="<s> $A", special_tokens=[("<s>", 1)])
    return PreTrainedTokenizerFast(tokenizer_object=core, bos_token="<s>", eos_token="</s>", unk_token="<unk>")


#: llama.cpp's names of a Llama layer's tensors.
_GGUF_NAMES = {
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output",
    "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
    "input_layernorm": "attn_norm",
    "post_attention_layernorm": "ffn_norm",
}


@pytest.fixture
def write_gguf() -> Callable[..., Any]:
    """Return ``write(path, model, architecture="llama", chat_template=..., pre=..., bos=...)``: a whole GGUF file.

    Its vocabulary is byte-level BPE: 0 ``<unk>``, 1 ``<s>``, 2 ``</s>``, letters, ``hello`` (10), a space, digits.
    """

    def write(
        path: Any,
        model: Any,
        architecture: str = "llama",
        chat_template: str = "",
        pre: str = "gpt-2",
        bos: bool = False,
    ) -> Any:
        import gguf

        writer = gguf.GGUFWriter(str(path), architecture)
        _write_shape(writer, model.config)
        _write_tokenizer(writer, model.config.vocab_size, chat_template, pre, bos)
        for name, tensor in _gguf_tensors(model).items():
            writer.add_tensor(f"{name}.weight", tensor.contiguous().numpy())
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.write_tensors_to_file()
        writer.close()
        return path

    return write


def _write_shape(writer: Any, config: Any) -> None:
    writer.add_name("tiny")
    writer.add_block_count(config.num_hidden_layers)
    writer.add_context_length(config.max_position_embeddings)
    writer.add_embedding_length(config.hidden_size)
    writer.add_feed_forward_length(config.intermediate_size)
    writer.add_head_count(config.num_attention_heads)
    writer.add_head_count_kv(config.num_key_value_heads)
    writer.add_layer_norm_rms_eps(config.rms_norm_eps)
    writer.add_rope_freq_base(10000.0)
    writer.add_rope_dimension_count(config.hidden_size // config.num_attention_heads)
    writer.add_vocab_size(config.vocab_size)


def _write_tokenizer(writer: Any, size: int, chat_template: str, pre: str, bos: bool) -> None:
    words = ["<unk>", "<s>", "</s>", "h", "e", "l", "o", "he", "ll", "hell", "hello", "\u0120", "1", "2", "12"]
    words += [f"<{i}>" for i in range(size - len(words))]
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre(pre)
    writer.add_token_list(words)
    writer.add_token_types([3, 3, 3] + [1] * (len(words) - 3))
    writer.add_token_merges(["h e", "l l", "he ll", "hell o", "1 2"])
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    writer.add_unk_token_id(0)
    writer.add_pad_token_id(2)
    writer.add_add_bos_token(bos)
    if chat_template:
        writer.add_chat_template(chat_template)


def _gguf_tensors(model: Any) -> Dict[str, Any]:
    config, state = model.config, model.state_dict()
    heads = {"self_attn.q_proj": config.num_attention_heads, "self_attn.k_proj": config.num_key_value_heads}
    tensors = {
        "token_embd": state["model.embed_tokens.weight"],
        "output_norm": state["model.norm.weight"],
    }
    if not config.tie_word_embeddings:
        tensors["output"] = state["lm_head.weight"]
    for layer in range(config.num_hidden_layers):
        for ours, theirs in _GGUF_NAMES.items():
            weight = state[f"model.layers.{layer}.{ours}.weight"]
            if ours in heads:
                # llama.cpp keeps the two halves of each head interleaved for its rotary embedding.
                halves = weight.reshape(heads[ours], 2, -1, weight.shape[1])
                weight = halves.transpose(1, 2).reshape(weight.shape)
            tensors[f"blk.{layer}.{theirs}"] = weight
    return tensors


@pytest.fixture
def clock() -> Any:
    """Return a clock that stands still until ``now`` is set."""
    from sovl_core.testing.clock import FakeClock

    return FakeClock()
