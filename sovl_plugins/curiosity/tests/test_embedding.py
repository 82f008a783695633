"""Vectors of questions: the scaffold's where there is one, the base's lower layers otherwise; nothing is built."""

from __future__ import annotations

import pytest
import torch

from sovl_core.models import Models
from sovl_core.scaffold import scaffold_hidden_states
from sovl_curiosity.embedding import embed


def tokenizer():
    from tokenizers import Tokenizer, pre_tokenizers
    from tokenizers import models as kinds
    from transformers import PreTrainedTokenizerFast

    core = Tokenizer(kinds.WordLevel({"<unk>": 0, "what": 1, "does": 2, "biscuit": 3}, unk_token="<unk>"))
    core.pre_tokenizer = pre_tokenizers.Whitespace()
    return PreTrainedTokenizerFast(tokenizer_object=core, unk_token="<unk>")


def tiny(width):
    from transformers import LlamaConfig, LlamaForCausalLM

    torch.manual_seed(width)
    shape = {"num_hidden_layers": 6, "num_attention_heads": 4, "num_key_value_heads": 2}
    return LlamaForCausalLM(LlamaConfig(vocab_size=32, hidden_size=width, intermediate_size=64, **shape)).eval()


@pytest.fixture
def models():
    words = tokenizer()
    return Models(tiny(32), words, lambda _: (tiny(16), words))


def test_without_a_scaffold_the_lower_third_of_the_base_is_read(models):
    vector = embed(models, "what does biscuit")
    with torch.no_grad():
        states = models.base(torch.tensor([[1, 2, 3]]), output_hidden_states=True).hidden_states
    assert torch.allclose(vector, states[2][0].mean(dim=0), atol=1e-6)
    assert not models.scaffold_loaded


def test_a_scaffold_that_is_there_is_read(models):
    scaffold = models.scaffold
    vector = embed(models, "what does biscuit")
    ids = torch.tensor([[1, 2, 3]])
    with torch.no_grad():
        expected = scaffold_hidden_states(scaffold, ids, torch.ones_like(ids))[0].mean(dim=0)
    assert vector.shape == (16,)
    assert torch.allclose(vector, expected, atol=1e-6)


def test_an_empty_text_has_a_vector(models):
    assert torch.isfinite(embed(models, "")).all()
