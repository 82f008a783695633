"""Weights reach the scaffold's keys through the tokens that a base token stands for."""

from __future__ import annotations

import math

import pytest
import torch

from sovl_memory import MemorySettings, TokenMap
from sovl_memory.key_bias import ScaffoldTokens, key_bias


def used(tokenizer, text, confidence=1.0):
    token_map = TokenMap(MemorySettings())
    token_map.use(tokenizer(text)["input_ids"], confidence)
    return token_map


def test_one_tokenizer_maps_each_token_to_itself(tokenizer):
    token_map, tokens = used(tokenizer, "dog"), ScaffoldTokens(tokenizer, tokenizer)
    tokens.learn(token_map.tokens())
    ids = torch.tensor([tokenizer("my dog lives")["input_ids"], tokenizer("the cat likes")["input_ids"]])
    bias = key_bias(ids, tokens, token_map)
    torch.testing.assert_close(bias, torch.tensor([[0.0, math.log(1.1), 0.0], [0.0, 0.0, 0.0]]))


def test_another_tokenizer_gets_the_first_three_tokens_of_a_word(tokenizer, letters):
    token_map, tokens = used(tokenizer, "likes"), ScaffoldTokens(tokenizer, letters, limit=3)
    tokens.learn(token_map.tokens())
    ids = torch.tensor([letters("x likes tea")["input_ids"]])
    raised = [value > 0 for value in key_bias(ids, tokens, token_map)[0].tolist()]
    spelled = letters.convert_ids_to_tokens(ids[0].tolist())
    assert sorted({letter for letter, is_raised in zip(spelled, raised) if is_raised}) == ["i", "l", "Ġ"]


def test_a_scaffold_token_takes_the_largest_weight_of_its_base_tokens(tokenizer, letters):
    token_map = TokenMap(MemorySettings())
    dog, rex = tokenizer("dog")["input_ids"][0], tokenizer("rex")["input_ids"][0]
    token_map.use([dog], 0.2)
    token_map.use([rex], 1.0)
    tokens = ScaffoldTokens(tokenizer, letters)
    tokens.learn(token_map.tokens())
    shared = letters("e")["input_ids"][0]
    assert tokens.weight(shared, token_map) == pytest.approx(token_map.weight(rex))


def test_neutral_weights_give_no_bias(tokenizer):
    tokens = ScaffoldTokens(tokenizer, tokenizer)
    assert key_bias(torch.tensor([[1, 2]]), tokens, TokenMap(MemorySettings())) is None
    faded = used(tokenizer, "dog", confidence=0.0)
    tokens.learn(faded.tokens())
    assert key_bias(torch.tensor([[1, 2]]), tokens, faded) is None


def test_each_base_token_is_mapped_once(tokenizer, letters, mocker):
    build = mocker.patch("sovl_core.token_mapping.build_mapping", return_value={5: [7]})
    tokens = ScaffoldTokens(tokenizer, letters)
    tokens.learn([5])
    tokens.learn([5])
    assert build.call_count == 1


def test_the_log_bias_multiplies_the_share_of_a_key():
    logits = torch.zeros(4)
    share = torch.softmax(logits + torch.tensor([math.log(2.0), 0, 0, 0]), dim=0)
    assert (share[0] / share[1]).item() == pytest.approx(2.0)
