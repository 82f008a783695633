from __future__ import annotations

from typing import Any, Callable, List, Sequence, Tuple

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from sovl_core.answer_states import AnswerStates, PromptCache, answer_states, full_states, read_ahead
from sovl_core.data_processing import Encoded, Example, collate
from sovl_core.models import Models

#: (tokens of the prompt, tokens of the answer) of the examples in a batch.
MIXED = [(9, 4), (1, 6), (5, 1), (14, 9), (1, 1), (2, 3)]
#: float32 passes over other shapes add up in another order.
CLOSE = {"rtol": 1e-4, "atol": 1e-5}


def examples(shape: Sequence[Tuple[int, int]], vocabulary: int = 96, seed: int = 0) -> List[Encoded]:
    generator = torch.Generator().manual_seed(seed)

    def draw(count: int) -> List[int]:
        ids: List[int] = torch.randint(3, vocabulary, (count,), generator=generator).tolist()
        return ids

    return [Encoded(draw(prompt + answer), prompt, Example("p", "a")) for prompt, answer in shape]


def same(ours: AnswerStates, expected: AnswerStates) -> None:
    assert torch.equal(ours.targets, expected.targets)
    assert torch.equal(ours.rows, expected.rows)
    torch.testing.assert_close(ours.hidden, expected.hidden, **CLOSE)


@pytest.fixture
def models(tiny_model: Callable[..., Any]) -> Callable[..., Models]:
    def build(family: str = "llama", **config: Any) -> Models:
        return Models(tiny_model(family, **config), None)

    return build


@pytest.mark.parametrize("cached", [False, True])
def test_answers_alone_give_what_whole_sequences_give(models: Any, family: str, cached: bool) -> None:
    loaded = models(family)
    batch = collate(examples(MIXED), 0)
    cache = PromptCache() if cached else None
    with torch.no_grad():
        expected = full_states(loaded, batch)
        for _ in range(2):
            same(answer_states(loaded, batch, cache), expected)
    assert expected.hidden.shape == (sum(answer for _, answer in MIXED), 16 if family == "opt" else 32)


def test_a_whole_batch_gives_what_its_examples_give_alone(models: Any) -> None:
    loaded = models("gpt2")
    encoded = examples(MIXED)
    with torch.no_grad():
        together = answer_states(loaded, collate(encoded, 0))
        for row, item in enumerate(encoded):
            ids = torch.tensor([item.input_ids])
            alone = loaded.base.base_model(input_ids=ids).last_hidden_state[0]
            mine = together.rows == row
            assert together.targets[mine].tolist() == item.input_ids[item.prompt_length :]
            torch.testing.assert_close(together.hidden[mine], alone[item.prompt_length - 1 : -1], **CLOSE)


@pytest.mark.parametrize("family_name", ["gemma2", "gemma3_text"])
@pytest.mark.parametrize("window", [3, 6])
def test_a_sliding_window_sees_the_same_tokens(models: Any, family_name: str, window: int) -> None:
    loaded = models(family_name, sliding_window=window)
    batch = collate(examples([(12, 5), (3, 7), (8, 2)]), 0)
    cache = PromptCache()
    with torch.no_grad():
        expected = full_states(loaded, batch)
        same(answer_states(loaded, batch, cache), expected)
        same(answer_states(loaded, batch, cache), expected)


def test_prompts_of_one_token_only(models: Any) -> None:
    loaded = models()
    batch = collate(examples([(1, 4), (1, 2)]), 0)
    cache = PromptCache()
    with torch.no_grad():
        same(answer_states(loaded, batch, cache), full_states(loaded, batch))
    assert len(cache) == 0


def test_gradients_reach_what_acts_on_the_answers_and_nothing_before(models: Any) -> None:
    loaded = models()
    push = torch.nn.Parameter(torch.zeros(32))
    seen: List[int] = []

    def hook(module: Any, args: Any, output: Any) -> Any:
        if not loaded.scaffold_enabled:
            return output
        hidden = output if isinstance(output, torch.Tensor) else output[0]
        seen.append(hidden.shape[1])
        return hidden + push if isinstance(output, torch.Tensor) else (hidden + push, *output[1:])

    loaded.base.base_model.layers[1].register_forward_hook(hook)
    batch = collate(examples([(6, 3), (4, 5)]), 0)
    answer_states(loaded, batch, PromptCache()).hidden.square().sum().backward()
    assert push.grad is not None
    assert float(push.grad.abs().sum()) > 0
    # The prompts are read in a pass of their own, bypassed; the pass that counts holds answers alone.
    assert seen == [5]


def test_cached_prompts_are_not_read_again(models: Any, mocker: Any) -> None:
    loaded = models()
    cache = PromptCache()
    shared = examples([(8, 2)])[0]
    batch = collate([shared, Encoded([*shared.input_ids[:8], 7, 8, 9], 8, Example("p", "b"))], 0)
    reads = mocker.spy(loaded.base.base_model, "forward")
    with torch.no_grad():
        answer_states(loaded, batch, cache)
        assert reads.call_args_list[0].kwargs["input_ids"].shape == (1, 7)
        assert reads.call_count == 2
        answer_states(loaded, batch, cache)
    assert reads.call_count == 3
    assert len(cache) == 1


def test_the_cache_hands_out_what_was_put_in_whatever_is_done_with_the_batch(models: Any) -> None:
    loaded = models()
    cache = PromptCache()
    encoded = examples([(6, 2), (3, 2)])
    with torch.no_grad():
        answer_states(loaded, collate(encoded, 0), cache)
        kept = [
            tensor.clone()
            for item in encoded
            for pair in cache.get(item.input_ids[: item.prompt_length - 1]) or []
            for tensor in pair
        ]
        answer_states(loaded, collate(encoded[::-1], 0), cache)
    now = [t for item in encoded for pair in cache.get(item.input_ids[: item.prompt_length - 1]) or [] for t in pair]
    assert len(kept) == 2 * 2 * 4
    assert all(torch.equal(a, b) for a, b in zip(now, kept))


def states(numbers: int) -> Any:
    """Keys and values of so many float32 numbers in all."""
    return [(torch.zeros(numbers - numbers // 2), torch.zeros(numbers // 2))]


@given(st.lists(st.tuples(st.integers(0, 8), st.integers(0, 12)), max_size=40), st.integers(0, 80))
def test_the_cache_stays_within_its_bytes(puts: List[Tuple[int, int]], limit: int) -> None:
    cache = PromptCache(limit)
    for key, numbers in puts:
        cache.put([key], states(numbers))
        held = [cache._entries[k] for k in list(cache._entries)]
        assert cache.used_bytes == sum(4 * t.numel() for entry in held for pair in entry for t in pair)
        assert cache.used_bytes <= limit


def test_the_least_recently_used_prompt_goes_first() -> None:
    cache = PromptCache(4 * 20)
    for key in (1, 2):
        cache.put([key], states(10))
    assert cache.get([1]) is not None
    cache.put([3], states(10))
    assert cache.get([2]) is None
    assert cache.get([1]) is not None
    assert cache.get([3]) is not None


def test_a_prompt_larger_than_the_cache_throws_nothing_out() -> None:
    cache = PromptCache(4 * 10)
    cache.put([1], states(10))
    cache.put([2], states(11))
    assert cache.get([1]) is not None
    assert cache.get([2]) is None


def kept(cache: PromptCache, encoded: Sequence[Encoded]) -> List[Any]:
    return [cache.get(item.input_ids[: item.prompt_length - 1]) for item in encoded]


def test_what_is_read_ahead_hangs_on_the_examples_not_on_their_order(models: Any) -> None:
    loaded, encoded = models("llama"), examples([*MIXED, (30, 2), (17, 2)])
    caches = [PromptCache(), PromptCache()]
    read_ahead(loaded, encoded, caches[0])
    read_ahead(loaded, encoded[::-1], caches[1])
    assert len(caches[0]) == 6  # a prompt of one token has nothing before its last
    for one, other in zip(kept(caches[0], encoded), kept(caches[1], encoded)):
        assert (one is None) == (other is None)
        for (keys, values), (same_keys, same_values) in zip(one or [], other or []):
            assert torch.equal(keys, same_keys)
            assert torch.equal(values, same_values)


def test_a_cache_that_was_read_ahead_stays_as_it_is(models: Any) -> None:
    loaded, encoded = models("llama"), examples(MIXED)
    cache = PromptCache()
    read_ahead(loaded, encoded, cache)
    batch = collate(examples([(8, 3), (20, 2)], seed=5), 0)
    with torch.no_grad():
        same(answer_states(loaded, batch, cache), full_states(loaded, batch))
    assert kept(cache, batch.encoded) == [None, None]
    assert len(cache) == 4


def test_reading_ahead_ends_where_the_cache_is_full(models: Any, mocker: Any) -> None:
    mocker.patch("sovl_core.answer_states.READ_TOGETHER", 2)
    loaded, encoded = models("llama"), examples([(4, 1), (5, 1), (40, 1), (41, 1), (9, 1)])
    whole = PromptCache()
    read_ahead(loaded, encoded, whole)
    breaths = mocker.Mock()
    cache = PromptCache(whole.used_bytes // 2)
    read_ahead(loaded, encoded, cache, breaths)
    assert [states is not None for states in kept(cache, encoded)] == [True, True, False, False, False]
    assert cache.used_bytes <= cache.limit_bytes
    assert breaths.call_count == 2


def test_full_states_leave_out_padding_and_what_nothing_foretells(models: Any) -> None:
    loaded = models()
    encoded = [*examples([(3, 2)]), Encoded([5, 6, 7], 0, Example("", "a"))]
    with torch.no_grad():
        states = full_states(loaded, collate(encoded, 0))
    # Of an example without a prompt nothing foretells the first token.
    assert states.rows.tolist() == [0, 0, 1, 1]
    assert states.targets.tolist() == [*encoded[0].input_ids[3:], 6, 7]
