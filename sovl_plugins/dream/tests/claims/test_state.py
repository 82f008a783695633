"""What statements in the present tense claim."""

from __future__ import annotations

import pytest

from sovl_dream.claims.state import rest_of, state_claims
from sovl_dream.statement import parse_statement

pytestmark = pytest.mark.no_torch


def claims(text):
    return [(claim.about, claim.value, claim.kind, claim.certain) for claim in state_claims(parse_statement(text))]


@pytest.mark.parametrize(
    ("text", "claim"),
    [
        ("My dog's name is Biscuit.", ("dog/name", "Biscuit", "text", True)),
        ("My sister is called Orla.", ("sister/name", "Orla", "text", False)),
        ("My name is Ann.", ("i/name", "Ann", "text", True)),
        ("I am Ann.", ("i/name", "Ann", "text", False)),
        ("Tamsin is my boss.", ("boss/name", "Tamsin", "text", True)),
        ("Rex is my dog's name.", ("dog/name", "Rex", "text", True)),
        ("My boss is Tamsin.", ("boss/name", "Tamsin", "text", True)),
        ("My favourite tea is mint.", ("favourite tea/is", "mint", "text", True)),
        ("The code for the garage is 4815.", ("garage code/is", "4815", "digits", True)),
        ("My shoe size is 38.", ("shoe size/is", "38", "number", True)),
        ("My birthday is on 3 May.", ("birthday/when", "on 3 May", "date", True)),
        ("My exam is on 3 May.", ("exam/when", "on 3 May", "date", False)),
        ("I was born in May.", ("i/born when", "in May", "date", True)),
        ("I was born in Lund.", ("i/born where", "Lund", "place", True)),
        ("I live in Oslo with my wife.", ("i/live in", "Oslo", "place", True)),
        ("I have lived in Oslo since 2010.", ("i/live in", "Oslo", "place", True)),
        ("I live at 12 Elm Road.", ("i/live at", "12 Elm Road", "text", True)),
        ("I work as a nurse at night.", ("i/job", "a nurse", "text", True)),
        ("My sister works at Volvo.", ("sister/employer", "Volvo", "proper", False)),
        ("I work in Oslo.", ("i/work in", "Oslo", "place", True)),
        ("My job is a nurse.", ("i/job", "a nurse", "text", True)),
        ("I am a nurse.", ("i/job", "a nurse", "text", False)),
        ("I'm from Cork.", ("i/from", "Cork", "place", True)),
        ("I am single.", ("i/marital status", "single", "text", True)),
        ("I am 34 years old.", ("i/age", "34 years old", "number", True)),
        ("My daughter is seven.", ("daughter/age", "seven", "number", False)),
        ("I keep the key under the mat.", ("key/where", "under the mat", "text", True)),
        ("I left the key under the mat.", ("key/where", "under the mat", "text", False)),
        ("The key is under the mat.", ("key/where", "under the mat", "text", False)),
        ("My car is a Volvo.", ("car/brand", "a Volvo", "brand", True)),
        ("I drive a Volvo.", ("car/brand", "a Volvo", "brand", False)),
        ("I'm living in Oslo.", ("i/live in", "Oslo", "place", True)),
        ("My sister is based in Oslo.", ("sister/live in", "Oslo", "place", False)),
        ("I am working at Volvo.", ("i/employer", "Volvo", "proper", True)),
        ("My GP is Dr. Patel.", ("doctor/name", "Dr. Patel", "text", True)),
        ("My train leaves at 9:15.", ("train/leave when", "at 9:15", "date", False)),
        ("I have two kids.", ("i/number of kids", "two", "number", False)),
        ("I weigh 80 kilos.", ("i/weight", "80 kilos", "number", True)),
    ],
)
def test_relations_that_have_one_value(text, claim):
    assert claims(text) == [claim]


@pytest.mark.parametrize(
    "text",
    [
        "I like tea.",
        "I play the piano.",
        "I have a dog.",
        "I have old books.",
        "I leave on Friday.",
        "I am allergic to nuts.",
        "I lived in Oslo.",
        "I used to live in Oslo.",
        "I will live in Oslo.",
        "I have lived in Oslo.",
        "I live in a flat.",
        "My dog was called Rex.",
        "My boss is tall.",
        "My boss is Swedish.",
        "My password is too weak.",
        "My favourite colours are blue and red.",
        "My job is boring.",
        "My car is red.",
        "I work at home.",
        "I work at night.",
        "I keep tea in the kitchen.",
    ],
)
def test_what_may_be_true_side_by_side_claims_nothing(text):
    assert claims(text) == []


def test_the_rest_is_what_follows_the_verb():
    assert rest_of(parse_statement("I keep the key under the mat.")) == "the key under the mat"
