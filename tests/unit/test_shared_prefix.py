"""Texts that begin alike give what they give whole."""

from __future__ import annotations

from typing import Any, Callable, List, Tuple

import pytest
import torch
from torch import Tensor

from sovl_core.model_layers import decoder
from sovl_core.scaffold import scaffold_hidden_states
from sovl_core.shared_prefix import WORTH_A_PASS, common_prefix, exported_cache, read_side_by_side

#: float32 passes over other shapes add up in another order.
CLOSE = {"rtol": 1e-4, "atol": 1e-5}
BEGINNING = list(range(3, 17))


def batch(texts: List[List[int]]) -> Tuple[Tensor, Tensor]:
    """Return ids and mask, padded on the right."""
    width = max(map(len, texts))
    ids = torch.tensor([text + [0] * (width - len(text)) for text in texts])
    mask = torch.tensor([[1] * len(text) + [0] * (width - len(text)) for text in texts])
    return ids, mask


#: The second is nothing but what all begin with.
ALIKE = [[*BEGINNING, 20, 21, 22], BEGINNING, [*BEGINNING, 30], [*BEGINNING, 31, 40, 41, 42, 43]]
UNLIKE = [[7, 8, 9, 10], [8, 8, 9, 10, 11], [9, 8]]


@pytest.mark.parametrize("texts", [ALIKE, UNLIKE, [BEGINNING], [BEGINNING, BEGINNING]])
def test_states_and_cache_are_those_of_each_text_alone(
    tiny_model: Callable[..., Any], family: str, texts: List[List[int]]
) -> None:
    model = decoder(tiny_model(family))
    ids, mask = batch(texts)
    with torch.no_grad():
        hidden, cache = read_side_by_side(model, ids, mask)
        layers = exported_cache(cache)
        assert hidden.shape[:2] == ids.shape
        for row, text in enumerate(texts):
            alone = model(input_ids=torch.tensor([text]), use_cache=True)
            torch.testing.assert_close(hidden[row : row + 1, : len(text)], alone.last_hidden_state, **CLOSE)
            for (keys, values), (own_keys, own_values) in zip(layers, exported_cache(alone.past_key_values)):
                kept = min(len(text), own_keys.shape[2])
                torch.testing.assert_close(keys[row, :, : len(text)][:, -kept:], own_keys[0, :, -kept:], **CLOSE)
                torch.testing.assert_close(values[row, :, : len(text)][:, -kept:], own_values[0, :, -kept:], **CLOSE)


def test_gradients_are_those_of_whole_texts(tiny_model: Callable[..., Any], family: str) -> None:
    model = decoder(tiny_model(family)).double()
    parameters = [parameter for parameter in model.parameters() if parameter.requires_grad]
    ids, mask = batch(ALIKE)
    weights = torch.rand(ids.shape)[..., None] * mask[..., None]

    def gradients(hidden: Tensor) -> List[Tensor]:
        found = torch.autograd.grad((hidden * weights).pow(2).sum(), parameters, allow_unused=True)
        return [torch.zeros(1, dtype=torch.float64) if one is None else one for one in found]

    ours = gradients(read_side_by_side(model, ids, mask)[0])
    whole = gradients(model(input_ids=ids, attention_mask=mask, use_cache=False).last_hidden_state)
    # Norms are computed in float32 whatever the rest is in, and the sums over tokens come in another order.
    scale = max(float(one.abs().max()) for one in whole)
    for one, other in zip(ours, whole):
        torch.testing.assert_close(one, other, rtol=0, atol=2e-6 * scale)


def test_the_beginning_is_computed_once(tiny_model: Callable[..., Any]) -> None:
    scaffold = tiny_model("llama")
    seen: List[Tuple[int, ...]] = []
    decoder(scaffold).register_forward_hook(
        lambda module, args, kwargs, output: seen.append(tuple(kwargs["input_ids"].shape)), with_kwargs=True
    )
    ids, mask = batch(ALIKE)
    states = scaffold_hidden_states(scaffold, ids, mask)
    assert seen == [(1, len(BEGINNING)), (len(ALIKE), ids.shape[1] - len(BEGINNING))]
    assert not states[1, len(BEGINNING) :].any()


def test_what_is_common_to_all_is_counted() -> None:
    assert common_prefix(*batch(ALIKE)) == len(BEGINNING)
    assert common_prefix(*batch(UNLIKE)) == 0
    assert common_prefix(*batch([BEGINNING])) == 0
    # The last token is read beside the others: their states are what is wanted.
    assert common_prefix(*batch([BEGINNING, BEGINNING])) == len(BEGINNING) - 1
    short = BEGINNING[: WORTH_A_PASS - 1]
    assert common_prefix(*batch([[*short, 20], [*short, 21]])) == 0


def test_padding_is_no_common_beginning() -> None:
    ids, mask = torch.zeros(2, 12, dtype=torch.int64), torch.zeros(2, 12, dtype=torch.int64)
    mask[:, -2:] = 1
    assert common_prefix(ids, mask) == 0
