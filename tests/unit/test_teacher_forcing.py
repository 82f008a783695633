from __future__ import annotations

from typing import Any, List

import pytest
import torch

from sovl_core.chat_format import encode_chat
from sovl_core.events import Turn
from sovl_core.generation import generate_reply
from sovl_core.models import Models
from sovl_core.records import Message
from sovl_core.settings import GenerationSettings
from sovl_core.teacher_forcing import follow, reply_ids

PROMPT = "What is the dog called?"
POSITIONS = 512


@pytest.fixture(params=["llama", "gpt2"])
def models(request: Any, tiny_model: Any, chat_tokenizer: Any, plain_tokenizer: Any) -> Models:
    """A Llama with a chat template and a GPT-2 without one, both random."""
    if request.param == "llama":
        return Models(tiny_model("llama", vocab_size=320, max_position_embeddings=POSITIONS), chat_tokenizer)
    ends = {"bos_token_id": 0, "eos_token_id": 0}
    return Models(tiny_model("gpt2", vocab_size=300, n_positions=POSITIONS, **ends), plain_tokenizer)


def settings(**values: Any) -> GenerationSettings:
    return GenerationSettings(**{"repetition_check": False, **values})


def whole_pass(models: Models, ids: List[int]) -> torch.Tensor:
    """What one pass over prompt and reply foretells at the reply's tokens."""
    prompt = encode_chat(models.base_tokenizer, [Message("user", PROMPT)])
    row = torch.tensor([[*prompt, *ids]])
    with torch.no_grad():
        return models.hidden_states(row, torch.ones_like(row))[0, len(prompt) - 1 : -1]


def test_what_is_foretold_is_what_one_pass_over_everything_foretells(models: Models) -> None:
    ids = [5, 9, 200, 7]
    states = follow(models, Turn(PROMPT), ids, settings())
    assert torch.allclose(states, whole_pass(models, ids), atol=1e-5)


def test_a_greedy_reply_gone_through_again_is_chosen_again(models: Models) -> None:
    reply = generate_reply(models, Turn(PROMPT, max_new_tokens=12), settings())
    states = follow(models, Turn(PROMPT), reply.token_ids, settings())
    foretold = torch.log_softmax(models.logits(states), -1)
    assert foretold.argmax(-1).tolist() == reply.token_ids
    assert foretold.max(-1).values.exp().tolist() == pytest.approx(reply.token_probabilities, abs=1e-6)


def test_the_end_of_the_turn_is_foretold_too_and_nothing_is_left_to_chance(models: Models) -> None:
    ids = [8, 9, models.base_tokenizer.eos_token_id]
    states = follow(models, Turn(PROMPT, temperature=1.5, top_k=2), ids, settings())
    assert len(states) == 3
    assert torch.allclose(states, whole_pass(models, ids), atol=1e-5)


def test_a_long_prompt_is_read_in_pieces(models: Models) -> None:
    ids = [5, 9, 7]
    states = follow(models, Turn(PROMPT), ids, settings(max_prompt_tokens=16))
    assert torch.allclose(states, whole_pass(models, ids), atol=1e-5)


def test_no_more_is_said_than_the_model_has_positions_for(tiny_model: Any, chat_tokenizer: Any) -> None:
    models = Models(tiny_model("llama", vocab_size=320, max_position_embeddings=64), chat_tokenizer)
    length = len(encode_chat(chat_tokenizer, [Message("user", "hi")]))
    assert len(follow(models, Turn("hi", max_new_tokens=8), [5] * 100, settings())) == 64 - length


def test_nothing_said_foretells_nothing(models: Models) -> None:
    assert len(follow(models, Turn(PROMPT), [], settings())) == 0


@pytest.mark.parametrize("use_scaffold", [True, False])
def test_the_scaffold_takes_part_unless_the_turn_leaves_it_out(models: Models, use_scaffold: bool) -> None:
    asked: List[bool] = []
    handle = models.base.register_forward_hook(lambda *_: asked.append(models.scaffold_enabled))
    follow(models, Turn(PROMPT, use_scaffold=use_scaffold), [5, 9], settings())
    handle.remove()
    assert asked == [use_scaffold, use_scaffold]
    assert models.scaffold_enabled
    assert not models.base.get_output_embeddings()._forward_pre_hooks


def test_a_reply_as_the_ids_it_was_written_in(chat_tokenizer: Any) -> None:
    usual = chat_tokenizer("Rex", add_special_tokens=False)["input_ids"]
    end = chat_tokenizer.eos_token_id
    letters = [token for letter in "Rex" for token in chat_tokenizer(letter, add_special_tokens=False)["input_ids"]]
    assert reply_ids(chat_tokenizer, "Rex", ended=False) == usual
    assert reply_ids(chat_tokenizer, "Rex", ended=True) == [*usual, end]
    assert reply_ids(chat_tokenizer, "Rex", True, [*letters, end]) == [*letters, end]
    # A plugin put words before it; they are no part of what the model wrote.
    assert reply_ids(chat_tokenizer, "Thanks. Rex", True, [*letters, end]) == [*letters, end]


def test_a_reply_that_broke_off_within_a_character_keeps_its_ids(models: Models) -> None:
    """The text of a reply holds whole characters; what cannot be stored is replaced in it."""
    whole, half, nothing = (
        models.base_tokenizer(text, add_special_tokens=False)["input_ids"] for text in ("Rex", "é", "\0")
    )
    assert len(half) == 2
    ids = [*whole, *nothing, *whole, half[0]]
    assert reply_ids(models.base_tokenizer, "Rex\ufffdRex", False, ids) == ids


def test_white_space_around_a_reply_is_part_of_its_ids(plain_tokenizer: Any) -> None:
    ids = plain_tokenizer("  Rex.\n", add_special_tokens=False)["input_ids"]
    assert reply_ids(plain_tokenizer, "Rex.", False, ids) == ids


@pytest.mark.parametrize("written", [[5, 6, 7], [100_000], [2**70], []])
def test_ids_of_another_model_are_not_taken_for_the_reply(chat_tokenizer: Any, written: List[int]) -> None:
    usual = chat_tokenizer("Rex", add_special_tokens=False)["input_ids"]
    assert reply_ids(chat_tokenizer, "Rex", False, written) == usual


def test_a_transcript_has_no_token_that_ends_a_reply(plain_tokenizer: Any) -> None:
    ids = reply_ids(plain_tokenizer, "Rex", ended=True)
    assert plain_tokenizer.decode(ids) == " Rex"
