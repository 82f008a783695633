"""Turning one GGUF file into a folder of configuration, safetensors and tokenizer that transformers reads anywhere."""

from __future__ import annotations

import contextlib
import errno
import io
import os
from pathlib import Path
from typing import Any, Iterator, Tuple

from sovl_core.model_folder import SourceFailed

#: Bytes of a float32 number: quantized weights are stored unpacked.
_BYTES = 4

_HEAD = "lm_head.weight"


def check_gguf(path: Path) -> None:
    """Refuse a file that does not begin as a GGUF file does.

    :raises SourceFailed: when it is something else, or cannot be read.
    """
    try:
        with open(path, "rb") as file:
            magic = file.read(4)
    except OSError as error:
        raise SourceFailed(f"{path} cannot be read: {error.strerror or error}") from error
    if magic != b"GGUF":
        raise SourceFailed(f"{path} is not a GGUF file")


def converted_size(path: Path) -> int:
    """Return the bytes that the weights of a GGUF file take once unpacked to float32.

    :raises SourceFailed: when the file is damaged.
    """
    import gguf

    try:
        return _BYTES * sum(int(tensor.n_elements) for tensor in gguf.GGUFReader(str(path)).tensors)
    # The reader trusts the file: a truncated one fails anywhere within it.
    except Exception as error:
        raise SourceFailed(f"{path} is damaged: {error}") from error


def convert_gguf(path: Path, folder: Path) -> None:
    """Write a GGUF model as configuration, float32 safetensors and tokenizer (with its chat template).

    Takes about 20 seconds and twice the model's float32 size in memory for 135 M parameters.

    :param path: the GGUF file, of an architecture transformers knows.
    :param folder: an existing folder to write into.
    :raises SourceFailed: when transformers cannot read the file.
    :raises OSError: when the disk is full.
    """
    try:
        model, tokenizer = _read(path)
    # transformers raises whatever its readers raise (ValueError for an unknown architecture, KeyError, ...).
    except Exception as error:
        raise SourceFailed(f"{path} cannot be converted: {type(error).__name__}: {error}") from error
    try:
        with _silence():
            _plain_copy(model, tokenizer).save_pretrained(folder)
            tokenizer.save_pretrained(folder)
    except Exception as error:
        # safetensors reports a full disk as an exception of its own, with the system's words in it.
        if os.strerror(errno.ENOSPC) in str(error):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(folder)) from error
        raise


def _read(path: Path) -> Tuple[Any, Any]:
    import torch
    from transformers import AutoModelForCausalLM

    from sovl_core.gguf_tokenizer import read_gguf_tokenizer
    from sovl_core.pretrained import dtype_argument

    reader: Any = AutoModelForCausalLM
    with _silence():
        tokenizer = read_gguf_tokenizer(path)
        model, info = reader.from_pretrained(
            str(path.parent),
            gguf_file=path.name,
            local_files_only=True,
            trust_remote_code=False,
            output_loading_info=True,
            **dtype_argument(torch.float32),
        )
    missing = set(info["missing_keys"])
    if missing == {_HEAD}:
        # A file without a head uses the embeddings for it; older versions fill the head with random numbers instead.
        model.config.tie_word_embeddings = True
        model.tie_weights()
    elif missing:
        raise ValueError(f"it lacks {len(missing)} of the model's tensors ({', '.join(sorted(missing)[:3])})")
    return model, tokenizer


def _plain_copy(model: Any, tokenizer: Any) -> Any:
    # transformers refuses to save what it has read from GGUF; a model that knows nothing of that takes over its tensors
    import torch

    config = model.config
    if hasattr(config, "quantization_config"):
        del config.quantization_config
    with torch.random.fork_rng(devices=[]), torch.device("meta"):
        plain = type(model)(config)
    plain.load_state_dict(model.state_dict(), assign=True)
    plain.tie_weights()
    # Older versions leave the family's default ids in the configuration, and generation would never stop.
    for role in ("bos_token_id", "eos_token_id", "pad_token_id"):
        for settings in (plain.config, plain.generation_config):
            setattr(settings, role, getattr(tokenizer, role))
    return plain


@contextlib.contextmanager
def _silence() -> Iterator[None]:
    from sovl_core.pretrained import quiet_transformers

    # The bar over unpacked tensors is tqdm's own and heeds no switch of transformers.
    with quiet_transformers(), contextlib.redirect_stderr(io.StringIO()):
        yield
