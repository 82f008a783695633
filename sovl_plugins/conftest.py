"""What tests of plugins share: a tiny base model on disk, and a life that is opened with it and chosen plugins."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Callable, Dict, List

import pytest


@pytest.fixture(scope="session")
def tiny_base(sovl_tiny_model: Any) -> Path:
    """A random Llama of 4 layers and width 64 with a byte-level chat tokenizer, as a folder."""
    return sovl_tiny_model("llama")


@pytest.fixture(scope="session")
def tiny_gpt2(sovl_tiny_model: Any) -> Path:
    """A random GPT-2 without a chat template, of another width and another tokenizer than the tiny base."""
    return sovl_tiny_model("gpt2")


@pytest.fixture
def open_life(tmp_path: Path, tiny_base: Path) -> Any:
    """Return ``open(*plugins, read_only=False, **settings)``: a life with these installed plugins, the same each time.

    Settings are written with ``__`` for the dot. A plugin that fails raises. Closed at the end of the test.
    """
    from sovl_core.system import SOVLSystem
    from sovl_core.testing.lives import SMALL

    opened: List[Any] = []

    def open_it(*plugins: str, read_only: bool = False, **settings: Any) -> Any:
        overrides: Dict[str, Any] = {**SMALL, "core.base_model": str(tiny_base)}
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
