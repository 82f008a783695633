"""Who or what a statement is about, under one name."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sovl_dream.claims.subject import head, is_name, is_new, is_replaced, may_be_several, thing, whose

pytestmark = pytest.mark.no_torch


@pytest.mark.parametrize(
    ("subject", "name"),
    [
        ("I", "i"),
        ("we", "i"),
        ("my wife and I", "i"),
        ("Me and my wife", "i"),
        ("my dog", "dog"),
        ("our dog", "dog"),
        ("my sister Orla", "orla"),
        ("my older sister Orla", "orla"),
        ("Orla", "orla"),
        ("my sister", "sister"),
        ("my sister's dog", "sister dog"),
        ("Project Falcon", "project falcon"),
    ],
)
def test_whose(subject, name):
    assert whose(subject) == name


@pytest.mark.parametrize(
    ("phrase", "name"),
    [
        ("the password for the wi-fi", "wifi password"),
        ("our wifi password", "wifi password"),
        ("the name of my dog", "dog name"),
        ("my dog’s name", "dog name"),
        ("my new car", "car"),
        ("my new dog", "new dog"),
        ("my favorite color", "favourite colour"),
        ("my mum's e-mail address", "mother email"),
        ("", ""),
    ],
)
def test_one_name_for_a_thing(phrase, name):
    assert thing(phrase) == name


def test_what_a_new_one_takes_the_place_of():
    assert is_new("my new boss")
    assert not is_new("my new friend")
    assert not is_new("my boss")
    assert is_replaced("wifi password")
    assert is_replaced("favourite tea")
    assert not is_replaced("dog")


def test_of_whom_there_may_be_several():
    assert may_be_several("sister")
    assert not may_be_several("best friend")
    assert not may_be_several("boss")
    assert head("") == ""


@pytest.mark.parametrize("phrase", ["Tamsin", "Tamsin Okafor", "Dr. Smith", "Brian", "Ludwig van Beethoven", "Åsa"])
def test_names(phrase):
    assert is_name(phrase)


@pytest.mark.parametrize(
    "phrase", ["Swedish", "Italian", "French", "Catholic", "tall", "a nurse", "My boss", "the US", ""]
)
def test_what_is_no_name(phrase):
    assert not is_name(phrase)


@given(st.text(max_size=60))
def test_any_text_has_a_name(text):
    assert isinstance(whose(text), str)
    assert thing(thing(text)) == thing(thing(thing(text)))
