from __future__ import annotations

from typing import Any, List

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sovl_core.chat_format import encode_chat
from sovl_core.error_handling import BadInput
from sovl_core.events import Turn
from sovl_core.prompt_fitting import GAP, PROMPT_IDS, fit_prompt
from sovl_core.records import Message
from sovl_core.settings import GenerationSettings

HISTORY = [
    Message("user", "The first question."),
    Message("assistant", "The first answer."),
    Message("user", "The second question."),
    Message("assistant", "The second answer."),
]


def settings(**values: Any) -> GenerationSettings:
    return GenerationSettings(**values)


def whole(tokenizer: Any, history: List[Message], prompt: str) -> List[int]:
    return encode_chat(tokenizer, [*history, Message("user", prompt)])


def test_a_short_prompt_is_the_conversation(chat_tokenizer: Any) -> None:
    fitted = fit_prompt(chat_tokenizer, Turn("Who?", history=HISTORY), settings(), 4096)
    assert fitted.ids == whole(chat_tokenizer, HISTORY, "Who?")
    assert (fitted.dropped_messages, fitted.dropped_tokens) == (0, 0)


def test_the_system_prompt_of_the_settings_is_used(chat_tokenizer: Any) -> None:
    fitted = fit_prompt(chat_tokenizer, Turn("Who?"), settings(system_prompt="Be brief."), None)
    assert fitted.ids == encode_chat(chat_tokenizer, [Message("user", "Who?")], "Be brief.")


def test_the_oldest_exchange_goes_first_as_a_whole(chat_tokenizer: Any) -> None:
    limit = len(whole(chat_tokenizer, HISTORY, "Who?")) - 1
    fitted = fit_prompt(chat_tokenizer, Turn("Who?", history=HISTORY), settings(max_prompt_tokens=limit), None)
    assert fitted.ids == whole(chat_tokenizer, HISTORY[2:], "Who?")
    assert fitted.dropped_messages == 2


def test_a_long_prompt_alone_is_kept_whole_where_the_model_has_room(chat_tokenizer: Any) -> None:
    prompt = "the dog " * 40
    fitted = fit_prompt(chat_tokenizer, Turn(prompt, history=HISTORY), settings(max_prompt_tokens=16), 4096)
    assert fitted.ids == whole(chat_tokenizer, [], prompt)
    assert (fitted.dropped_messages, fitted.dropped_tokens) == (4, 0)


def test_a_prompt_beyond_the_model_loses_its_middle(chat_tokenizer: Any) -> None:
    prompt = "BEGIN " + "the dog " * 200 + " END"
    fitted = fit_prompt(chat_tokenizer, Turn(prompt, max_new_tokens=28), settings(), 128)
    text = chat_tokenizer.decode(fitted.ids)
    assert len(fitted.ids) <= 100
    assert "BEGIN the dog" in text
    assert GAP in text
    assert text.endswith("END<|im_end|>\n<|im_start|>assistant\n")
    assert fitted.dropped_tokens > 100


@given(words=st.text(max_size=300), new=st.integers(0, 400), positions=st.integers(80, 160))
def test_there_is_always_room_for_a_reply(chat_tokenizer: Any, words: str, new: int, positions: int) -> None:
    turn = Turn(words, history=HISTORY, max_new_tokens=new)
    fitted = fit_prompt(chat_tokenizer, turn, settings(), positions)
    assert len(fitted.ids) <= positions - max(1, min(new, positions // 4))
    assert fitted.ids[-3:] == whole(chat_tokenizer, [], "")[-3:]


def test_a_system_prompt_that_fills_the_model_is_refused(chat_tokenizer: Any) -> None:
    with pytest.raises(BadInput, match=r"system_prompt"):
        fit_prompt(chat_tokenizer, Turn("Who?"), settings(system_prompt="the dog " * 100), 64)


def test_ids_that_are_given_are_taken_as_they_are(chat_tokenizer: Any) -> None:
    turn = Turn("", annotations={PROMPT_IDS: [5, 6, 7]}, max_new_tokens=1)
    assert fit_prompt(chat_tokenizer, turn, settings(), None).ids == [5, 6, 7]
    assert fit_prompt(chat_tokenizer, turn, settings(), 3).ids == [6, 7]
