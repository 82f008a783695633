"""Surprise against the base's own probabilities."""

from __future__ import annotations

import pytest
import torch

from sovl_core.safe_encoding import encode_text
from sovl_curiosity.surprise import LONGEST, surprise


def test_it_is_what_the_base_alone_did_not_foretell(open_life):
    models = open_life("curiosity").models()
    ids = torch.tensor([encode_text(models.base_tokenizer, "My dog is Biscuit.", template_tokens=False)])
    with torch.no_grad():
        chances = models.base(ids).logits[0, :-1].float().softmax(-1)
    foretold = chances[range(ids.shape[1] - 1), ids[0, 1:]]
    assert surprise(models, "My dog is Biscuit.") == pytest.approx(1 - foretold.log().mean().exp().item(), rel=1e-4)


def test_next_to_nothing_is_all_surprise_and_what_is_long_is_cut(open_life):
    models = open_life("curiosity").models()
    assert surprise(models, "") == surprise(models, "x") == 1.0
    # One byte is a token here.
    assert surprise(models, "a" * LONGEST + " and more") == surprise(models, "a" * LONGEST)
