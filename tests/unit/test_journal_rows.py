from __future__ import annotations

import json
import math
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sovl_core import journal_rows
from sovl_core.error_handling import BadInput
from sovl_core.journal_rows import clean_text, limit_of, numbers_in, to_json

pytestmark = pytest.mark.no_torch

SURROGATES = st.characters(min_codepoint=0xD800, max_codepoint=0xDFFF)
ANY_TEXT = st.text(st.one_of(st.characters(), SURROGATES, st.just("\x00")), max_size=60)


@given(ANY_TEXT)
def test_cleaned_text_can_be_stored_and_printed(text):
    cleaned = clean_text(text)

    assert cleaned.encode("utf-8").decode("utf-8") == cleaned
    assert "\x00" not in cleaned
    assert clean_text(cleaned) == cleaned


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00")))
def test_sound_text_is_kept_as_it_is(text):
    assert clean_text(text) == text


@given(ANY_TEXT)
def test_only_surrogates_and_nul_are_replaced(text):
    def kept(value):
        return [c for c in value if unicodedata.category(c) != "Cs" and c not in "\x00\ufffd" and ord(c) < 0x10000]

    assert kept(clean_text(text)) == kept(text)


@pytest.mark.parametrize(
    ("given_text", "stored"),
    [("a\ud800b", "a\ufffdb"), ("\ud83d\ude00", "😀"), ("\udc00\ud83d", "\ufffd\ufffd"), ("a\x00b", "a\ufffdb")],
)
def test_examples_of_cleaning(given_text, stored):
    assert clean_text(given_text) == stored


@given(st.dictionaries(ANY_TEXT, st.one_of(ANY_TEXT, st.integers(), st.booleans(), st.none(), st.lists(ANY_TEXT))))
def test_json_is_storable_whatever_it_holds(value):
    text = to_json(value)

    assert text.encode("utf-8")
    json.loads(text)


def test_json_refuses_what_it_cannot_hold():
    with pytest.raises(TypeError):
        to_json({"tensor": object()})


def test_limits():
    assert limit_of(None) == -1
    assert limit_of(0) == 0
    with pytest.raises(BadInput, match="-3"):
        limit_of(-3)


def test_numbers_as_a_list():
    assert numbers_in([3, 1]) == "(3, 1)"
    assert numbers_in([]) == "()"


def test_a_measurement_that_is_no_number_comes_back_as_none():
    row = {"name": "loss", "value": None, "night": None, "episode": None, "created": 0.0}

    assert math.isnan(journal_rows.metric_from(row).value)
