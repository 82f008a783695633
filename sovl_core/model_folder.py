"""What makes a folder a usable model: configuration, whole safetensors weights and a tokenizer."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any, Dict, List, Optional, Set

from sovl_core.durable import sync_file, sync_folder, write_file

#: Written into folders of the cache last of all: where the model came from and the size of each file.
SOURCE_FILE = "sovl_source.json"

#: One of these is enough for a tokenizer.
TOKENIZER_FILES = (
    "tokenizer.json",
    "tokenizer.model",
    "vocab.json",
    "vocab.txt",
    "spiece.model",
    "sentencepiece.bpe.model",
    "tekken.json",
    "*.tiktoken",
)


class SourceFailed(Exception):
    """One place has no such model; the message says why, as part of a sentence."""


def missing_parts(folder: Path) -> List[str]:
    """Return what a folder lacks to be loaded as a model; empty when it lacks nothing."""
    missing = []
    if not (folder / "config.json").is_file():
        missing.append("config.json")
    weights = _missing_weights(folder)
    if weights:
        missing.append(weights)
    if not any(_exists(folder, pattern) for pattern in TOKENIZER_FILES):
        missing.append("a tokenizer (tokenizer.json)")
    return missing


def folder_size(folder: Path) -> int:
    """Return the bytes of all files below a folder, counting what links point at."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def seal(folder: Path, source: Dict[str, Any]) -> None:
    """Flush a finished model folder to the disk and record where it came from.

    :param source: JSON-able; the size of each file is added to it.
    :raises OSError: when the disk is full.
    """
    files = sorted(path for path in folder.iterdir() if path.is_file() and path.name != SOURCE_FILE)
    for path in files:
        sync_file(path)
    sizes = {path.name: path.stat().st_size for path in files}
    write_file(folder / SOURCE_FILE, json.dumps({**source, "files": sizes}, indent=2).encode())
    sync_folder(folder)


def read_source(folder: Path) -> Optional[Dict[str, Any]]:
    """Return what :func:`seal` recorded, None for a folder that is not sealed."""
    try:
        source = json.loads((folder / SOURCE_FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return source if isinstance(source, dict) and isinstance(source.get("files"), dict) else None


def is_whole(folder: Path) -> bool:
    """Return True when a sealed folder still holds every file at its recorded size."""
    source = read_source(folder)
    if source is None or missing_parts(folder):
        return False
    return all(_size(folder / name) == size for name, size in source["files"].items())


def _missing_weights(folder: Path) -> str:
    index = folder / "model.safetensors.index.json"
    if index.is_file():
        shards = _shards(index)
        if not shards:
            return f"weights ({index.name} names none)"
        # os.path rather than Path: a name no file system takes counts as absent instead of raising.
        absent = sorted(name for name in shards if not os.path.isfile(os.path.join(str(folder), name)))
        return f"weights ({', '.join(absent[:3])})" if absent else ""
    if _exists(folder, "model*.safetensors"):
        return ""
    if _exists(folder, "pytorch_model*.bin"):
        return "safetensors weights (its pytorch_model.bin is a pickle, which is never opened)"
    return "safetensors weights (model.safetensors)"


def _shards(index: Path) -> Set[str]:
    try:
        return {str(name) for name in json.loads(index.read_text(encoding="utf-8"))["weight_map"].values()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return set()


def _exists(folder: Path, pattern: str) -> bool:
    # In the hub's cache files are links, and a link may outlive what it points at.
    return any(path.is_file() for path in folder.glob(pattern))


def _size(path: Path) -> int:
    return path.stat().st_size if path.is_file() else -1
