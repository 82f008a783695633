"""Texts that begin alike, read side by side: their common beginning is computed once.

Of a short exchange in a chat template more than half is the system prompt and the user's header, the same in all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, List, Tuple

if TYPE_CHECKING:
    from torch import Tensor

#: Tokens that a common beginning has at least: a pass of its own costs about as much as these beside others.
WORTH_A_PASS = 8
#: Keys and values, a pair a layer, each [texts, heads, tokens, head width].
LayerStates = List[Tuple["Tensor", "Tensor"]]


def read_side_by_side(decoder: Any, input_ids: Tensor, attention_mask: Tensor) -> Tuple[Tensor, Any]:
    """Run a decoder over texts; in exact arithmetic the same as running it over all of them whole.

    Gradients flow through the common beginning too, where they are enabled.

    :param decoder: a transformers decoder that takes a cache.
    :param input_ids: int64 [texts, tokens], padded on the right.
    :param attention_mask: int64 [texts, tokens], 1 where there is a token.
    :return: last hidden states, float [texts, tokens, width], anything at padding; and the cache of keys and values.
    """
    import torch
    from transformers import DynamicCache

    # A cache of the model's own choosing forgets what is out of a sliding window, which padding moves.
    cache = DynamicCache()
    shared = common_prefix(input_ids, attention_mask)
    if not shared:
        output = decoder(input_ids=input_ids, attention_mask=attention_mask, past_key_values=cache, use_cache=True)
        return output.last_hidden_state, output.past_key_values
    beginning = decoder(
        input_ids=input_ids[:1, :shared],
        attention_mask=attention_mask[:1, :shared],
        past_key_values=cache,
        use_cache=True,
    )
    rows = len(input_ids)
    spread = DynamicCache()
    for layer, (keys, values) in enumerate(exported_cache(beginning.past_key_values)):
        spread.update(keys.expand(rows, -1, -1, -1), values.expand(rows, -1, -1, -1), layer)
    rest = decoder(
        input_ids=input_ids[:, shared:], attention_mask=attention_mask, past_key_values=spread, use_cache=True
    )
    first = beginning.last_hidden_state.expand(rows, -1, -1)
    return torch.cat([first, rest.last_hidden_state], dim=1), rest.past_key_values


def common_prefix(input_ids: Tensor, attention_mask: Tensor) -> int:
    """Return how many tokens all texts begin with alike, never all of the longest; 0 where it is not worth a pass."""
    if len(input_ids) == 1:
        return 0
    alike = (input_ids == input_ids[:1]).all(dim=0) & attention_mask.bool().all(dim=0)
    shared = min(int(alike.long().cumprod(dim=0).sum()), input_ids.shape[1] - 1)
    return shared if shared >= WORTH_A_PASS else 0


def exported_cache(cache: Any) -> LayerStates:
    """Return the keys and values a decoder left in its cache, whatever the version of transformers."""
    # transformers 5 keeps a list of layers, 4.46 two lists, older ones a tuple of pairs.
    if hasattr(cache, "layers"):
        return [(layer.keys, layer.values) for layer in cache.layers]
    if hasattr(cache, "key_cache"):
        return list(zip(cache.key_cache, cache.value_cache))
    return [(pair[0], pair[1]) for pair in cache]
