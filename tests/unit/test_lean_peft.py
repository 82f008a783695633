from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from functools import lru_cache
from types import SimpleNamespace

import pytest

from sovl_core.lean_peft import without_bitsandbytes


def found():
    return importlib.util.find_spec("bitsandbytes") is not None


@pytest.fixture
def not_imported(monkeypatch):
    """bitsandbytes is not imported; whatever a test makes of that is undone."""
    monkeypatch.setitem(sys.modules, "bitsandbytes", None)
    del sys.modules["bitsandbytes"]


@pytest.mark.no_torch
@pytest.mark.usefixtures("not_imported")
def test_within_the_block_it_cannot_be_found_and_afterwards_it_is_as_before():
    before = found()
    with pytest.raises(ImportError), without_bitsandbytes():
        import bitsandbytes  # noqa: F401
    with without_bitsandbytes():
        assert not found()
    assert "bitsandbytes" not in sys.modules
    assert found() is before


@pytest.mark.no_torch
def test_where_it_is_imported_already_nothing_changes(monkeypatch):
    imported = SimpleNamespace()
    monkeypatch.setitem(sys.modules, "bitsandbytes", imported)
    with without_bitsandbytes():
        assert sys.modules["bitsandbytes"] is imported
    assert sys.modules["bitsandbytes"] is imported


@pytest.mark.no_torch
@pytest.mark.usefixtures("not_imported")
def test_what_peft_was_told_within_the_block_it_does_not_remember(monkeypatch):
    asked = lru_cache(maxsize=None)(found)
    monkeypatch.setitem(sys.modules, "peft.import_utils", SimpleNamespace(is_bnb_available=asked))
    with without_bitsandbytes():
        assert not asked()
    assert asked() is found()


PROBE = """
import json, sys
import torch
from types import SimpleNamespace
from transformers import LlamaConfig, LlamaForCausalLM
from sovl_core.models import Models
from sovl_core.scaffold import build_scaffold, scaffold_hidden_states

sizes = dict(vocab_size=32, hidden_size=16, intermediate_size=16, num_hidden_layers=2, num_attention_heads=2)
lora = SimpleNamespace(enabled=True, rank=2, alpha=4, dropout=0.0, target_modules=[])
config = SimpleNamespace(core=SimpleNamespace(seed=0), lora=lora)
models = Models(LlamaForCausalLM(LlamaConfig(**sizes)), None)
scaffold, _ = build_scaffold("base[:1]", models, config)
scaffold_hidden_states(scaffold, torch.tensor([[1, 2]]), torch.tensor([[1, 1]])).sum().backward()
loaded = sorted({"peft", "bitsandbytes", "torch._inductor.lowering"} & set(sys.modules))
import peft.import_utils, transformers.utils, accelerate.utils
found = [
    peft.import_utils.is_bnb_available(),
    transformers.utils.is_bitsandbytes_available(),
    accelerate.utils.is_bnb_available(),
]
import bitsandbytes
from peft.tuners.lora import Linear8bitLt
json.dump({"loaded": loaded, "found": found}, sys.stdout)
"""


@pytest.mark.skipif(importlib.util.find_spec("bitsandbytes") is None, reason="bitsandbytes is not installed")
def test_a_scaffold_of_floats_needs_neither_it_nor_the_compiler_and_everybody_finds_it_later():
    done = subprocess.run([sys.executable, "-c", PROBE], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {"loaded": ["peft"], "found": [True, True, True]}
