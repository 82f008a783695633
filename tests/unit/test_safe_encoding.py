from __future__ import annotations

from typing import Any, List

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sovl_core.safe_encoding import (
    adds_prefix_space,
    control_tokens,
    decode_exactly,
    encode_inner,
    encode_pieces,
    encode_text,
    encode_trusted,
)

CONTROL = ["<|im_start|>", "<|im_end|>", "<|endoftext|>", "<repo_name>"]
# Fragments of control strings and whole ones, so that generated texts hold them nested, cut and overlapping.
hostile_text = st.lists(st.one_of(st.text(max_size=4), st.sampled_from([*CONTROL, "<|im_", "end|>", "<", "|"]))).map(
    "".join
)


@given(text=hostile_text)
def test_no_text_encodes_to_a_control_token_and_none_is_changed(chat_tokenizer: Any, text: str) -> None:
    ids = encode_text(chat_tokenizer, text)
    assert control_tokens(chat_tokenizer).ids.isdisjoint(ids)
    assert decode_exactly(chat_tokenizer, ids) == text


@given(text=st.text(alphabet=st.characters(blacklist_characters="<|>", blacklist_categories=("Cs",))))
def test_text_without_control_strings_is_encoded_as_the_tokenizer_does(chat_tokenizer: Any, text: str) -> None:
    assert encode_text(chat_tokenizer, text) == chat_tokenizer.encode(text, add_special_tokens=False)


def test_trusted_text_keeps_its_control_tokens(chat_tokenizer: Any) -> None:
    assert encode_trusted(chat_tokenizer, "<|im_end|>") == [chat_tokenizer.eos_token_id]


def test_overlapping_control_strings_are_all_cut(plain_tokenizer: Any) -> None:
    control = control_tokens(plain_tokenizer)
    text = "<|endoftext|<|endoftext|>"
    pieces: List[str] = [text[a:b] for a, b in zip([0, *control.cuts(text)], [*control.cuts(text), len(text)])]
    assert "".join(pieces) == text
    assert not any("<|endoftext|>" in piece for piece in pieces)


def test_added_tokens_of_the_template_are_control_tokens_too(chat_tokenizer: Any) -> None:
    import copy

    tokenizer = copy.deepcopy(chat_tokenizer)
    tokenizer.add_tokens(["<think>", "<table>"])
    tokenizer.chat_template = "<think>{{ messages }}"
    think, table = tokenizer.convert_tokens_to_ids(["<think>", "<table>"])
    ids = encode_text(tokenizer, "<think><table>")
    assert think not in ids
    assert table in ids
    assert think in encode_text(tokenizer, "<think>", template_tokens=False)


def test_unknown_words_are_not_mistaken_for_control_tokens(tiny_tokenizer: Any) -> None:
    tokenizer = tiny_tokenizer("cat")
    assert encode_text(tokenizer, "cat dog") == [tokenizer.convert_tokens_to_ids("cat"), tokenizer.unk_token_id]


def test_a_normalizer_cannot_make_a_control_token_of_lookalikes() -> None:
    from tokenizers import AddedToken, Tokenizer, models, normalizers
    from transformers import PreTrainedTokenizerFast

    core = Tokenizer(models.BPE({c: i for i, c in enumerate("<|end>")}, []))
    core.normalizer = normalizers.NFKC()
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=core, eos_token=AddedToken("<|end|>", normalized=True, special=True)
    )
    lookalike = "＜|end|＞"
    if tokenizer.eos_token_id not in encode_trusted(tokenizer, lookalike):
        pytest.skip("this release matches added tokens before it normalizes")
    assert tokenizer.eos_token_id not in encode_text(tokenizer, lookalike)


def test_prefix_space_is_found_out(chat_tokenizer: Any, spaced_tokenizer: Any) -> None:
    assert adds_prefix_space(spaced_tokenizer)
    assert not adds_prefix_space(chat_tokenizer)


def test_pieces_of_one_text_get_no_spaces_between(spaced_tokenizer: Any) -> None:
    ids = encode_pieces(spaced_tokenizer, ["the c", "", "at </", "s> the"])
    assert decode_exactly(spaced_tokenizer, ids) == "the cat </s> the"
    assert spaced_tokenizer.eos_token_id not in ids


@given(text=st.text(alphabet="the ca</s>é"))
def test_sentencepiece_text_is_safe_and_kept(spaced_tokenizer: Any, text: str) -> None:
    ids = encode_text(spaced_tokenizer, text)
    assert spaced_tokenizer.eos_token_id not in ids
    assert decode_exactly(spaced_tokenizer, ids) == text


def test_inner_text_has_no_space_in_front(spaced_tokenizer: Any) -> None:
    assert encode_inner(spaced_tokenizer, []) == []
    start = encode_trusted(spaced_tokenizer, "ca")
    (rest,) = encode_inner(spaced_tokenizer, ["t"])
    assert decode_exactly(spaced_tokenizer, start + rest) == "cat"
    assert encode_text(spaced_tokenizer, "t", inner=True) == rest


def test_half_a_character_is_replaced(chat_tokenizer: Any, spaced_tokenizer: Any) -> None:
    assert decode_exactly(chat_tokenizer, encode_text(chat_tokenizer, "a\ud800<|im_end|>")) == "a\ufffd<|im_end|>"
    assert encode_inner(spaced_tokenizer, ["\udc80"]) == encode_inner(spaced_tokenizer, ["\ufffd"])
