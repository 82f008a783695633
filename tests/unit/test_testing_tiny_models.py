"""Tiny models of three architectures."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sovl_core.testing.lives import open_life
from sovl_core.testing.tiny_models import FAMILIES, TinyModels


@pytest.mark.parametrize("tiny", FAMILIES)
def test_each_is_of_its_family_and_answers(tiny: str, tmp_path: Path, sovl_tiny_model: Any) -> None:
    with open_life(tmp_path / "life", model=sovl_tiny_model(tiny)) as life:
        assert life.models().base.config.model_type == tiny
        assert len(life.generate("Hello, who are you?").token_ids) > 0
        assert bool(life.models().base_tokenizer.chat_template) == (tiny != "gpt2")


def test_the_same_is_made_each_time_and_once_a_folder(tmp_path: Path) -> None:
    import torch

    before = torch.random.get_rng_state()
    one, other = TinyModels(tmp_path / "a")("gpt2"), TinyModels(tmp_path / "b")("gpt2")
    assert torch.equal(torch.random.get_rng_state(), before)
    weights = "model.safetensors"
    assert (one / weights).read_bytes() == (other / weights).read_bytes()
    made = (one / weights).stat().st_mtime_ns
    assert TinyModels(tmp_path / "a")("gpt2") == one
    assert (one / weights).stat().st_mtime_ns == made


def test_another_family_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no tiny 'bert' model; there are llama, gpt2, qwen2"):
        TinyModels(tmp_path)("bert")
