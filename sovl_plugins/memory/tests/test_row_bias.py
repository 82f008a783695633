"""Biases on the rows of memories."""

from __future__ import annotations

import math

import pytest
import torch

from sovl_memory import MemorySettings
from sovl_memory.row_bias import row_bias, words_in_use
from sovl_memory.token_map import TokenMap


def test_each_memory_is_asked_for_once_and_rows_of_none_are_left_alone():
    asked = []

    def louder(memory):
        asked.append(memory)
        return {3: 0.5, 8: -math.inf}[memory]

    bias = row_bias(torch.tensor([[0, 3, 3, 8], [0, 8, 0, 0]]), louder)
    assert bias.tolist() == [[0.0, 0.5, 0.5, -math.inf], [0.0, -math.inf, 0.0, 0.0]]
    assert asked == [3, 8]
    assert row_bias(torch.zeros(2, dtype=torch.long), louder).tolist() == [0.0, 0.0]


def test_words_in_use_count_by_the_mean_of_their_logarithms():
    token_map = TokenMap(MemorySettings(token_rise=1.0))
    token_map.use([4], 1.0)
    assert words_in_use([4, 5], token_map) == pytest.approx(math.log(2.0) / 2)
    assert words_in_use([5], token_map) == 0.0
    assert words_in_use([], token_map) == 0.0
