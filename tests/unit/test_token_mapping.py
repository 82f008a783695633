from __future__ import annotations

import copy
from typing import Any, Dict, List

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sovl_core.safe_encoding import decode_exactly, encode_text, encode_trusted
from sovl_core.token_mapping import build_mapping, map_sequence, map_special, same_tokenizer

any_text = st.text(alphabet=st.characters(blacklist_categories=("Cs",)))


@pytest.fixture(scope="module")
def chat_to_plain(chat_tokenizer: Any, plain_tokenizer: Any) -> Dict[int, List[int]]:
    return build_mapping(chat_tokenizer, plain_tokenizer)


@pytest.fixture(scope="module")
def chat_to_spaced(chat_tokenizer: Any, spaced_tokenizer: Any) -> Dict[int, List[int]]:
    return build_mapping(chat_tokenizer, spaced_tokenizer)


def test_same_vocabulary_is_the_same_tokenizer(chat_tokenizer: Any, plain_tokenizer: Any) -> None:
    assert same_tokenizer(chat_tokenizer, chat_tokenizer)
    assert same_tokenizer(chat_tokenizer, copy.deepcopy(chat_tokenizer))
    assert not same_tokenizer(chat_tokenizer, plain_tokenizer)


def test_as_many_tokens_do_not_make_the_same_tokenizer(tiny_tokenizer: Any) -> None:
    assert not same_tokenizer(tiny_tokenizer("cat"), tiny_tokenizer("dog"))


@given(ids=st.lists(st.integers(0, 319)))
def test_the_same_tokenizer_gives_the_sequence_back(chat_tokenizer: Any, ids: List[int]) -> None:
    assert map_sequence(ids, chat_tokenizer, chat_tokenizer) == ids
    assert map_sequence(ids, chat_tokenizer, copy.deepcopy(chat_tokenizer)) == ids


@given(text=any_text)
def test_text_is_kept_in_both_directions(chat_tokenizer: Any, plain_tokenizer: Any, text: str) -> None:
    for one, other in ((chat_tokenizer, plain_tokenizer), (plain_tokenizer, chat_tokenizer)):
        mapped = map_sequence(encode_text(one, text), one, other)
        assert decode_exactly(other, mapped) == text
        assert mapped == encode_text(other, text)


@given(text=any_text)
def test_text_is_kept_token_by_token(
    chat_tokenizer: Any, plain_tokenizer: Any, chat_to_plain: Dict[int, List[int]], text: str
) -> None:
    mapped = map_sequence(encode_text(chat_tokenizer, text), chat_tokenizer, plain_tokenizer, chat_to_plain)
    assert decode_exactly(plain_tokenizer, mapped) == text


@given(text=st.text(alphabet="the cat é🤖"))
def test_text_is_kept_for_a_sentencepiece_scaffold(
    chat_tokenizer: Any, spaced_tokenizer: Any, chat_to_spaced: Dict[int, List[int]], text: str
) -> None:
    ids = encode_text(chat_tokenizer, text)
    assert decode_exactly(spaced_tokenizer, map_sequence(ids, chat_tokenizer, spaced_tokenizer)) == text
    one_by_one = decode_exactly(spaced_tokenizer, map_sequence(ids, chat_tokenizer, spaced_tokenizer, chat_to_spaced))
    # The decoder of this kind strips the space that its encoder would have put first; nothing else may differ.
    assert one_by_one in (text, text[1:] if text.startswith(" ") else text)


@given(text=st.text(alphabet="the cat é🤖"))
def test_text_is_kept_for_a_sentencepiece_base(chat_tokenizer: Any, spaced_tokenizer: Any, text: str) -> None:
    ids = encode_trusted(spaced_tokenizer, text)
    assert decode_exactly(chat_tokenizer, map_sequence(ids, spaced_tokenizer, chat_tokenizer)) == text


@given(ids=st.lists(st.integers(4, 319)))
def test_any_ids_decode_to_the_same_text(chat_tokenizer: Any, plain_tokenizer: Any, ids: List[int]) -> None:
    mapped = map_sequence(ids, chat_tokenizer, plain_tokenizer)
    assert decode_exactly(plain_tokenizer, mapped) == decode_exactly(chat_tokenizer, ids)


def test_control_tokens_go_by_role(chat_tokenizer: Any, spaced_tokenizer: Any) -> None:
    ids = chat_tokenizer("<|im_start|>the<|im_end|>")["input_ids"]
    mapped = map_sequence(ids, chat_tokenizer, spaced_tokenizer)
    assert mapped[0] == spaced_tokenizer.bos_token_id
    assert mapped[-1] == spaced_tokenizer.eos_token_id
    assert decode_exactly(spaced_tokenizer, mapped[1:-1]) == "the"


def test_control_tokens_go_by_their_string_first(chat_tokenizer: Any, plain_tokenizer: Any) -> None:
    end = plain_tokenizer.eos_token_id
    # <|endoftext|> is the end of text to one and the unknown token to the other: the string decides.
    assert map_special(plain_tokenizer, chat_tokenizer, [end]) == {end: [chat_tokenizer.unk_token_id]}


def test_a_control_token_without_counterpart_is_spelled_never_dropped(
    chat_tokenizer: Any, plain_tokenizer: Any, chat_to_plain: Dict[int, List[int]]
) -> None:
    token = chat_tokenizer.convert_tokens_to_ids("<repo_name>")
    for mapping in (None, chat_to_plain):
        mapped = map_sequence([token], chat_tokenizer, plain_tokenizer, mapping)
        assert decode_exactly(plain_tokenizer, mapped) == "<repo_name>"


def test_words_never_become_control_tokens(
    chat_tokenizer: Any, plain_tokenizer: Any, chat_to_plain: Dict[int, List[int]]
) -> None:
    words = encode_text(chat_tokenizer, "<|endoftext|>")
    for mapping in (None, chat_to_plain):
        assert plain_tokenizer.eos_token_id not in map_sequence(words, chat_tokenizer, plain_tokenizer, mapping)


def test_control_tokens_go_by_role_under_a_partial_mapping(chat_tokenizer: Any, spaced_tokenizer: Any) -> None:
    mapped = map_sequence([chat_tokenizer.eos_token_id], chat_tokenizer, spaced_tokenizer, {})
    assert mapped == [spaced_tokenizer.eos_token_id]


def test_a_base_token_that_reads_as_a_control_token_is_spelled(tiny_tokenizer: Any, spaced_tokenizer: Any) -> None:
    base = tiny_tokenizer("word")
    base.add_tokens(["<unk2>"])
    token = base.convert_tokens_to_ids("<unk2>")
    scaffold = copy.deepcopy(spaced_tokenizer)
    scaffold.add_special_tokens({"sep_token": "<unk2>"})
    mapping = build_mapping(base, scaffold, [token])
    assert scaffold.sep_token_id not in mapping[token]
    assert decode_exactly(scaffold, mapping[token]).strip() == "<unk2>"


def test_mapping_leaves_out_parts_of_characters(chat_tokenizer: Any, chat_to_plain: Dict[int, List[int]]) -> None:
    parts = encode_text(chat_tokenizer, "🤖")
    assert len(parts) > 1
    assert not set(parts) & set(chat_to_plain)


def test_mapping_covers_what_is_asked_for(chat_tokenizer: Any, plain_tokenizer: Any) -> None:
    ids = encode_text(chat_tokenizer, "dog")
    assert set(build_mapping(chat_tokenizer, plain_tokenizer, ids)) == set(ids)
    assert build_mapping(chat_tokenizer, chat_tokenizer, [5, 7]) == {5: [5], 7: [7]}
