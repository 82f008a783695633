"""What tests of plugins share: a tiny base model on disk, and a life that is opened with it and chosen plugins."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Callable, Dict, List

import pytest

CHAT_TEMPLATE = (
    "{% for m in messages %}{{ '<|im_start|>' + m['role'] + '\n' + m['content'] + '<|im_end|>\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)


@pytest.fixture(scope="session")
def tiny_base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A random Llama of 4 layers and width 64 with a byte-level chat tokenizer, as a folder."""
    import torch
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

    special = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
    vocabulary = {token: i for i, token in enumerate([*special, *sorted(pre_tokenizers.ByteLevel.alphabet())])}
    core = Tokenizer(models.BPE(vocabulary, []))
    core.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    core.decoder = decoders.ByteLevel()
    core.add_special_tokens(special)
    end = "<|im_end|>"
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=core, bos_token=special[1], eos_token=end, pad_token=end)
    tokenizer.chat_template = CHAT_TEMPLATE
    torch.manual_seed(0)
    shape = {"num_hidden_layers": 4, "num_attention_heads": 4, "max_position_embeddings": 1024}
    tokens = {"bos_token_id": 1, "eos_token_id": 2, "pad_token_id": 2, "vocab_size": len(vocabulary)}
    config = LlamaConfig(hidden_size=64, intermediate_size=64, initializer_range=0.2, **shape, **tokens)
    folder = tmp_path_factory.mktemp("models") / "tiny"
    LlamaForCausalLM(config).save_pretrained(str(folder))
    tokenizer.save_pretrained(str(folder))
    return folder


@pytest.fixture(scope="session")
def tiny_gpt2(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A random GPT-2 without a chat template, of another width and another tokenizer than the tiny base."""
    import torch
    from tokenizers import Tokenizer, decoders, pre_tokenizers
    from tokenizers import models as kinds
    from transformers import GPT2Config, GPT2LMHeadModel, PreTrainedTokenizerFast

    tokens = ["<|endoftext|>", *sorted(pre_tokenizers.ByteLevel.alphabet()), "he", "in", "Ġd", "og", "Ġdog"]
    vocabulary = {token: number for number, token in enumerate(tokens)}
    core = Tokenizer(kinds.BPE(vocabulary, [("h", "e"), ("i", "n"), ("Ġ", "d"), ("o", "g"), ("Ġd", "og")]))
    core.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    core.decoder = decoders.ByteLevel()
    core.add_special_tokens(["<|endoftext|>"])
    end = "<|endoftext|>"
    torch.manual_seed(1)
    shape = {"n_embd": 48, "n_layer": 4, "n_head": 4, "n_positions": 512, "vocab_size": len(tokens)}
    model = GPT2LMHeadModel(GPT2Config(**shape, bos_token_id=0, eos_token_id=0, initializer_range=0.2))
    folder = tmp_path_factory.mktemp("models") / "gpt2"
    model.save_pretrained(str(folder))
    PreTrainedTokenizerFast(tokenizer_object=core, bos_token=end, eos_token=end, unk_token=end).save_pretrained(
        str(folder)
    )
    return folder


@pytest.fixture
def open_life(tmp_path: Path, tiny_base: Path) -> Any:
    """Return ``open(*plugins, read_only=False, **settings)``: a life with these installed plugins, the same each time.

    Settings are written with ``__`` for the dot. A plugin that fails raises. Closed at the end of the test.
    """
    from sovl_core.system import SOVLSystem

    opened: List[Any] = []

    def open_it(*plugins: str, read_only: bool = False, **settings: Any) -> Any:
        overrides: Dict[str, Any] = {
            "core.base_model": str(tiny_base),
            "core.scaffold_model": "base[:2]",
            "core.device": "cpu",
            "generation.max_new_tokens": 8,
        }
        overrides.update({key.replace("__", "."): value for key, value in settings.items()})
        made: Callable[..., Any] = SOVLSystem.open
        system = made(
            tmp_path / "life", overrides=overrides, plugins=plugins, read_only=read_only, strict=True, environ={}
        )
        opened.append(system)
        return system

    yield open_it
    for system in reversed(opened):
        system.close()
