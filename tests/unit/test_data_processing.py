from __future__ import annotations

import random
from typing import Any, List

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from sovl_core import data_processing
from sovl_core.chat_format import encode_chat
from sovl_core.constants import IGNORED_LABEL
from sovl_core.data_processing import Encoded, Example, collate, make_batches, pad_token_id, tokenize_and_map
from sovl_core.models import Models
from sovl_core.records import Message
from sovl_core.safe_encoding import decode_exactly

PAIR = Example("Who are you?", "A friend.")
TALK = (Message("user", "Hello."), Message("assistant", "Good day!"))


def encoded_of(length: int, prompt: int = 1) -> Encoded:
    return Encoded(list(range(length)), prompt, Example("", ""))


def prompt_of(tokenizer: Any, item: Encoded) -> str:
    return decode_exactly(tokenizer, item.input_ids[: item.prompt_length])


def answer_of(tokenizer: Any, item: Encoded) -> str:
    return decode_exactly(tokenizer, item.input_ids[item.prompt_length :])


def test_promised_names_are_here() -> None:
    for name in (
        "tokenize_and_map",
        "map_sequence",
        "build_mapping",
        "render_chat",
        "encode_chat",
        *data_processing.__all__,
    ):
        assert hasattr(data_processing, name)


def test_an_example_is_the_conversation_and_then_the_answer(chat_tokenizer: Any) -> None:
    (item,) = tokenize_and_map(chat_tokenizer, [PAIR])
    assert item.input_ids[: item.prompt_length] == encode_chat(chat_tokenizer, [Message("user", PAIR.prompt)])
    assert answer_of(chat_tokenizer, item) == "A friend.<|im_end|>"
    assert item.example is PAIR


def test_history_and_system_prompt_come_first(chat_tokenizer: Any) -> None:
    (item,) = tokenize_and_map(chat_tokenizer, [Example("Who?", "Me.", history=TALK)], system_prompt="Be brief.")
    talk = [*TALK, Message("user", "Who?")]
    assert item.input_ids[: item.prompt_length] == encode_chat(chat_tokenizer, talk, "Be brief.")


def test_a_plain_models_example_is_a_transcript(plain_tokenizer: Any) -> None:
    (item,) = tokenize_and_map(plain_tokenizer, [PAIR])
    assert prompt_of(plain_tokenizer, item) == "User: Who are you?\nAssistant:"
    assert answer_of(plain_tokenizer, item) == " A friend.<|endoftext|>"


def test_what_is_too_long_loses_history_first(chat_tokenizer: Any) -> None:
    example = Example("Who?", "Me.", history=TALK)
    (whole,) = tokenize_and_map(chat_tokenizer, [example])
    (cut,) = tokenize_and_map(chat_tokenizer, [example], max_length=len(whole) - 1)
    assert "Hello." not in prompt_of(chat_tokenizer, cut)
    assert "Good day!" in prompt_of(chat_tokenizer, cut)
    assert answer_of(chat_tokenizer, cut) == "Me.<|im_end|>"


def test_then_the_end_of_a_long_answer_and_never_an_end_of_turn_that_is_none(chat_tokenizer: Any) -> None:
    (item,) = tokenize_and_map(chat_tokenizer, [Example("Who?", "Me. " * 50)], max_length=80)
    assert len(item) == 80
    assert prompt_of(chat_tokenizer, item).endswith("Who?<|im_end|>\n<|im_start|>assistant\n")
    assert "<|im_end|>" not in answer_of(chat_tokenizer, item)


def test_then_the_beginning_of_the_prompt(chat_tokenizer: Any) -> None:
    (item,) = tokenize_and_map(chat_tokenizer, [Example("Who? " * 50, "Me.")], max_length=40)
    assert len(item) == 40
    assert prompt_of(chat_tokenizer, item).endswith("Who? <|im_end|>\n<|im_start|>assistant\n")
    assert answer_of(chat_tokenizer, item) == "Me.<|im_end|>"


@given(prompt=st.integers(0, 60), answer=st.integers(0, 60), limit=st.integers(2, 60))
def test_no_example_is_longer_than_allowed_and_each_has_an_answer(
    plain_tokenizer: Any, prompt: int, answer: int, limit: int
) -> None:
    (item,) = tokenize_and_map(plain_tokenizer, [Example("x " * prompt, "y " * answer)], max_length=limit)
    assert item.prompt_length < len(item) <= limit


def test_a_length_that_holds_nothing_is_refused(plain_tokenizer: Any) -> None:
    with pytest.raises(ValueError, match="max_length is 1"):
        tokenize_and_map(plain_tokenizer, [PAIR], max_length=1)


def test_collate_pads_on_the_right_and_labels_the_answer() -> None:
    long, short = Encoded([5, 6, 7, 8], 2, Example("a", "b", weight=1.2)), Encoded([9, 4], 1, PAIR)
    batch = collate([long, short], pad_id=3)
    assert batch.input_ids.tolist() == [[5, 6, 7, 8], [9, 4, 3, 3]]
    assert batch.attention_mask.tolist() == [[1, 1, 1, 1], [1, 1, 0, 0]]
    skip = IGNORED_LABEL
    assert batch.labels.tolist() == [[skip, skip, 7, 8], [skip, 4, skip, skip]]
    assert batch.prompt_mask.tolist() == [[True, True, False, False], [True, False, False, False]]
    assert batch.weights.tolist() == pytest.approx([1.2, 1.0])
    assert batch.examples == [long.example, PAIR]
    assert batch.encoded == [long, short]
    assert len(batch) == 2
    assert (batch.input_ids.dtype, batch.prompt_mask.dtype, batch.weights.dtype) == (
        torch.int64,
        torch.bool,
        torch.float32,
    )


def test_collate_refuses_nothing() -> None:
    with pytest.raises(ValueError, match="at least one"):
        collate([], 0)


def test_a_batch_moves_as_a_whole() -> None:
    batch = collate([encoded_of(3)], 0)
    moved = batch.to("meta")
    tensors = (moved.input_ids, moved.attention_mask, moved.labels, moved.prompt_mask, moved.weights)
    assert {tensor.device.type for tensor in tensors} == {"meta"}
    assert moved.encoded == batch.encoded
    assert batch.input_ids.device.type == "cpu"


@pytest.mark.parametrize("name", ["llama", "gpt2", "opt", "gpt_neox", "gemma2"])
def test_padding_changes_neither_logits_nor_loss_of_a_row(tiny_model: Any, chat_tokenizer: Any, name: str) -> None:
    changes = {"n_positions": 256} if name == "gpt2" else {"max_position_embeddings": 256}
    models = Models(tiny_model(name, vocab_size=320, **changes), chat_tokenizer)
    encoded = tokenize_and_map(chat_tokenizer, [PAIR, Example("Tell me of the dog, friend.", "The dog is Rex. " * 3)])
    together = collate(encoded, pad_token_id(chat_tokenizer))
    with torch.no_grad():
        rows = models.logits(models.hidden_states(together.input_ids, together.attention_mask))
        for row, item in enumerate(encoded):
            alone = collate([item], 0)
            logits = models.logits(models.hidden_states(alone.input_ids, alone.attention_mask))
            torch.testing.assert_close(rows[row, : len(item)], logits[0], rtol=1e-4, atol=1e-5)
            losses = [
                torch.nn.functional.cross_entropy(some[:-1], labels[1:], ignore_index=IGNORED_LABEL)
                for some, labels in ((rows[row], together.labels[row]), (logits[0], alone.labels[0]))
            ]
            torch.testing.assert_close(losses[0], losses[1], rtol=1e-4, atol=1e-5)


@given(lengths=st.lists(st.integers(1, 40)), size=st.integers(1, 8), seed=st.integers(0, 9))
def test_every_example_is_in_exactly_one_batch(lengths: List[int], size: int, seed: int) -> None:
    encoded = [encoded_of(length) for length in lengths]
    batches = make_batches(encoded, size, random.Random(seed))
    assert sorted(id(item) for batch in batches for item in batch) == sorted(id(item) for item in encoded)
    assert all(1 <= len(batch) <= size for batch in batches)


def test_batches_are_of_similar_length_and_repeatable() -> None:
    encoded = [encoded_of(length) for length in (9, 1, 5, 2, 8, 5)]
    batches = make_batches(encoded, 2, random.Random(1))
    assert all(abs(len(a) - len(b)) <= 1 for a, b in batches)
    assert batches == make_batches(encoded, 2, random.Random(1))
    in_order = [[len(item) for item in batch] for batch in make_batches(encoded, 2)]
    assert in_order == [[1, 2], [5, 5], [8, 9]]
    assert any(make_batches(encoded, 2, random.Random(seed)) != batches for seed in range(5))


def test_a_batch_of_nobody_is_refused() -> None:
    with pytest.raises(ValueError, match="batch_size is 0"):
        make_batches([], 0)


def test_padding_takes_what_the_tokenizer_offers(chat_tokenizer: Any, plain_tokenizer: Any, mocker: Any) -> None:
    assert pad_token_id(chat_tokenizer) == chat_tokenizer.pad_token_id
    assert pad_token_id(plain_tokenizer) == plain_tokenizer.eos_token_id
    assert pad_token_id(mocker.Mock(pad_token_id=None, eos_token_id=None)) == 0
