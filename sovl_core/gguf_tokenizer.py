"""The tokenizer inside a GGUF file, as a transformers tokenizer with the right special tokens and chat template.

Byte-level BPE is built here from the file's own vocabulary, because transformers 4.46 swaps its special tokens and puts
a begin-of-text token before every prompt; other kinds are left to transformers.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Dict, List

#: Ways to cut text before byte-level BPE that are built here, by llama.cpp's name: True where digits stand alone.
DIGITS_ALONE = {"gpt-2": False, "smollm": True}

#: llama.cpp's types of tokens that are never made out of text: control and user-defined.
_SPECIAL_TYPES = (3, 4)

_ROLES = {"bos_token": "bos", "eos_token": "eos", "unk_token": "unknown", "pad_token": "padding"}


def read_gguf_tokenizer(path: Path) -> Any:
    """Return the tokenizer of a GGUF file.

    :raises Exception: whatever the readers raise on a damaged file or one without a tokenizer they know.
    """
    fields = _tokenizer_fields(path)
    if fields.get("ggml.model") == "gpt2" and fields.get("ggml.pre") in DIGITS_ALONE:
        return _byte_level(fields)
    from transformers import AutoTokenizer

    # Said, since transformers would ask at the terminal: beside the file may lie a folder's worth of somebody's code.
    tokenizer: Any = AutoTokenizer.from_pretrained(
        str(path.parent), gguf_file=path.name, local_files_only=True, trust_remote_code=False
    )
    tokenizer.add_special_tokens(_special_tokens(fields))
    return tokenizer


def _byte_level(fields: Dict[str, Any]) -> Any:
    from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, processors
    from transformers import PreTrainedTokenizerFast

    words: List[str] = fields["ggml.tokens"]
    merges = [tuple(merge.split(" ", 1)) for merge in fields["ggml.merges"]]
    core = Tokenizer(models.BPE(vocab={word: index for index, word in enumerate(words)}, merges=merges))
    byte_level = pre_tokenizers.ByteLevel(add_prefix_space=False)
    alone = DIGITS_ALONE[fields["ggml.pre"]]
    digits = pre_tokenizers.Digits(individual_digits=True)
    core.pre_tokenizer = pre_tokenizers.Sequence([digits, byte_level]) if alone else byte_level
    core.decoder = decoders.ByteLevel()
    types = fields.get("ggml.token_type", [])
    special = [word for word, kind in zip(words, types) if kind in _SPECIAL_TYPES]
    core.add_special_tokens([AddedToken(word, normalized=False, special=True) for word in special])
    roles = _special_tokens(fields)
    if fields.get("ggml.add_bos_token") and "bos_token" in roles:
        first = roles["bos_token"]
        core.post_processor = processors.TemplateProcessing(
            single=f"{first} $A", pair=f"{first} $A $B", special_tokens=[(first, words.index(first))]
        )
    build: Any = PreTrainedTokenizerFast
    return build(
        tokenizer_object=core,
        chat_template=fields.get("chat_template"),
        clean_up_tokenization_spaces=False,
        # No causal LM here takes the token types that are this class's default.
        model_input_names=["input_ids", "attention_mask"],
        **roles,
    )


def _special_tokens(fields: Dict[str, Any]) -> Dict[str, str]:
    words = fields["ggml.tokens"]
    ids = {role: fields.get(f"ggml.{name}_token_id") for role, name in _ROLES.items()}
    return {role: words[index] for role, index in ids.items() if index is not None and index < len(words)}


def _tokenizer_fields(path: Path) -> Dict[str, Any]:
    import gguf

    prefix = "tokenizer."
    fields = gguf.GGUFReader(str(path)).fields
    return {name[len(prefix) :]: _value(field) for name, field in fields.items() if name.startswith(prefix)}


def _value(field: Any) -> Any:
    from gguf import GGUFValueType

    # The reader's own `contents` came with a later version than the oldest supported.
    if field.types[-1] == GGUFValueType.STRING:
        values: List[Any] = [bytes(field.parts[index]).decode("utf-8") for index in field.data]
    else:
        values = [field.parts[index][0].item() for index in field.data]
    return values if field.types[0] == GGUFValueType.ARRAY else values[0]
