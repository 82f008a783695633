"""Random models of a few layers in three architectures, as folders that are loaded like any other base.

They speak nonsense, the same each time, and take a tenth of a second to load. Llama and Qwen2 come with a chat
template, GPT-2 without one, with another width and another vocabulary.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Dict, List, NamedTuple, Sequence, Tuple

_END = "<|endoftext|>"
_CHAT_END = "<|im_end|>"
_CHAT_TOKENS = [_END, "<|im_start|>", _CHAT_END]
_CHAT_TEMPLATE = (
    "{% for m in messages %}{{ '<|im_start|>' + m['role'] + '\n' + m['content'] + '<|im_end|>\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)
_SHAPE = {"num_hidden_layers": 4, "num_attention_heads": 4, "hidden_size": 64, "intermediate_size": 64}
_CHAT = {"bos_token_id": 1, "eos_token_id": 2, "pad_token_id": 2, "max_position_embeddings": 1024}


class _Family(NamedTuple):
    """One architecture: its seed, whether it has a chat template, and its configuration."""

    seed: int
    chat: bool
    config: Dict[str, Any]


_FAMILIES: Dict[str, _Family] = {
    "llama": _Family(0, True, {**_SHAPE, **_CHAT}),
    "gpt2": _Family(
        1,
        False,
        {"n_embd": 48, "n_layer": 4, "n_head": 4, "n_positions": 512, "bos_token_id": 0, "eos_token_id": 0},
    ),
    "qwen2": _Family(2, True, {**_SHAPE, **_CHAT, "num_key_value_heads": 2, "tie_word_embeddings": True}),
}
#: Architectures there is a tiny model of.
FAMILIES = tuple(_FAMILIES)


class TinyModels:
    """Makes tiny models on first use, one a family.

    :param folder: where they are kept.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __call__(self, family: str = "llama") -> Path:
        """Return the folder of a model, tokenizer included.

        :param family: one of :data:`FAMILIES`.
        :raises ValueError: for another one.
        """
        if family not in _FAMILIES:
            raise ValueError(f"there is no tiny {family!r} model; there are {', '.join(FAMILIES)}")
        path = self._folder / family
        if not path.is_dir():
            _make(path, family)
        return path


def _make(path: Path, family: str) -> None:
    import torch
    import transformers

    from sovl_core.pretrained import quiet_transformers

    # Typed as anything: what mypy makes of it differs between the versions of transformers.
    library: Any = transformers
    made = _FAMILIES[family]
    tokenizer = _chat_tokenizer() if made.chat else _plain_tokenizer()
    config = library.AutoConfig.for_model(family, **made.config, vocab_size=len(tokenizer), initializer_range=0.2)
    # The chance of whoever is being tested goes on as if no model had been made.
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(made.seed)
        model = library.AutoModelForCausalLM.from_config(config)
    with quiet_transformers():
        model.save_pretrained(str(path))
        tokenizer.save_pretrained(str(path))


def _chat_tokenizer() -> Any:
    core = _byte_level([*_CHAT_TOKENS, *_bytes()], [], _CHAT_TOKENS)
    tokenizer = _wrapped(core, bos_token=_CHAT_TOKENS[1], eos_token=_CHAT_END, pad_token=_CHAT_END)
    tokenizer.chat_template = _CHAT_TEMPLATE
    return tokenizer


def _plain_tokenizer() -> Any:
    merges = [("h", "e"), ("i", "n"), ("Ġ", "d"), ("o", "g"), ("Ġd", "og")]
    core = _byte_level([_END, *_bytes(), "he", "in", "Ġd", "og", "Ġdog"], merges, [_END])
    return _wrapped(core, bos_token=_END, eos_token=_END, unk_token=_END)


def _bytes() -> List[str]:
    from tokenizers import pre_tokenizers

    return sorted(pre_tokenizers.ByteLevel.alphabet())


def _byte_level(tokens: Sequence[str], merges: List[Tuple[str, str]], special: List[str]) -> Any:
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers

    core = Tokenizer(models.BPE({token: number for number, token in enumerate(tokens)}, merges))
    core.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    core.decoder = decoders.ByteLevel()
    core.add_special_tokens(special)
    return core


def _wrapped(core: Any, **special: str) -> Any:
    import transformers

    library: Any = transformers
    return library.PreTrainedTokenizerFast(tokenizer_object=core, **special)
