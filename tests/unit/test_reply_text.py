from __future__ import annotations

from typing import Any, List

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sovl_core.reply_text import ReplyText
from sovl_core.safe_encoding import decode_exactly, encode_trusted

STOPS = ("\nUser:", "\nAssistant:")


def feed(tokenizer: Any, text: str, stops: Any = (), held: int = 0) -> Any:
    pieces: List[str] = []
    reply = ReplyText(tokenizer, pieces.append, stops)
    kept = None
    for token in encode_trusted(tokenizer, text):
        kept = reply.push(token, held)
        if kept is not None:
            break
    return reply, pieces, kept


def without_loose_end(text: str) -> str:
    while text and (text[-1] == "\ufffd" or text[-1].isspace()):
        text = text[:-1]
    return text.strip()


@given(ids=st.lists(st.integers(0, 319)), held=st.integers(0, 3))
def test_pieces_are_the_text_whatever_the_tokens(chat_tokenizer: Any, ids: List[int], held: int) -> None:
    pieces: List[str] = []
    reply = ReplyText(chat_tokenizer, pieces.append)
    for token in ids:
        assert reply.push(token, held) is None
    text = reply.finish()
    assert "".join(pieces) == text == reply.text
    whole = decode_exactly(chat_tokenizer, ids, skip_special_tokens=True)
    # A last character of which there is only a part has no place in the reply.
    assert without_loose_end(whole) == without_loose_end(text)


@given(text=st.text(alphabet="the é🤖\n ", max_size=12))
def test_text_is_that_of_the_tokens_and_pieces_are_whole_characters(
    chat_tokenizer: Any, plain_tokenizer: Any, spaced_tokenizer: Any, text: str
) -> None:
    for tokenizer in (chat_tokenizer, plain_tokenizer, spaced_tokenizer):
        reply, pieces, _ = feed(tokenizer, text)
        assert reply.finish() == "".join(pieces) == text.strip()
        assert not any("\ufffd" in piece for piece in pieces)


def test_text_comes_as_soon_as_it_is_certain(chat_tokenizer: Any) -> None:
    _, pieces, _ = feed(chat_tokenizer, "dog is")
    assert "".join(pieces) == "dog is"
    _, pieces, _ = feed(chat_tokenizer, "dog   ")
    assert "".join(pieces) == "dog"


def test_the_last_tokens_are_held_back(chat_tokenizer: Any) -> None:
    ids = encode_trusted(chat_tokenizer, "xyzw")
    reply, pieces, _ = feed(chat_tokenizer, "xyzw", held=2)
    assert len(ids) == 4
    assert pieces == ["x", "y"]
    assert reply.finish() == "xyzw"


def test_a_character_in_parts_comes_whole(chat_tokenizer: Any) -> None:
    parts = encode_trusted(chat_tokenizer, "🤖")
    pieces: List[str] = []
    reply = ReplyText(chat_tokenizer, pieces.append)
    for part in parts[:-1]:
        reply.push(part)
    assert len(parts) > 1
    assert pieces == []
    reply.push(parts[-1])
    assert pieces == ["🤖"]


def test_control_tokens_have_no_text(chat_tokenizer: Any) -> None:
    reply, _, _ = feed(chat_tokenizer, "<|im_start|>the<|im_end|>")
    assert reply.finish() == "the"


@pytest.mark.parametrize("stop", STOPS)
def test_a_stop_string_ends_the_text_and_none_of_it_is_heard(plain_tokenizer: Any, stop: str) -> None:
    reply, pieces, kept = feed(plain_tokenizer, " Rex." + stop + " Where?", STOPS)
    assert decode_exactly(plain_tokenizer, encode_trusted(plain_tokenizer, " Rex." + stop)[:kept]).strip() == "Rex."
    assert reply.finish() == "".join(pieces) == "Rex."


def test_a_stop_string_at_once_leaves_nothing(plain_tokenizer: Any) -> None:
    reply, pieces, kept = feed(plain_tokenizer, "\nUser: Hello.", STOPS)
    assert (reply.finish(), pieces, kept) == ("", [], 0)


def test_what_only_began_like_a_stop_string_is_text(plain_tokenizer: Any) -> None:
    reply, pieces, kept = feed(plain_tokenizer, "One\nUse it", STOPS)
    assert kept is None
    assert reply.finish() == "".join(pieces) == "One\nUse it"
    reply, pieces, _ = feed(plain_tokenizer, "One\nUser", STOPS)
    assert "".join(pieces) == "One"
    assert reply.finish() == "".join(pieces) == "One\nUser"


def test_cut_drops_the_last_tokens(chat_tokenizer: Any) -> None:
    ids = encode_trusted(chat_tokenizer, "xyzw")
    reply, pieces, _ = feed(chat_tokenizer, "xyzw", held=2)
    reply.cut(len(ids) - 2)
    assert reply.finish() == "".join(pieces) == "xy"
    reply.cut(0)
    assert reply.text == ""


def test_nobody_needs_to_listen(chat_tokenizer: Any) -> None:
    reply = ReplyText(chat_tokenizer)
    for token in encode_trusted(chat_tokenizer, " the dog "):
        reply.push(token)
    assert reply.finish() == "the dog"
