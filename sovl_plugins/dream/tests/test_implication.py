"""What statements imply."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sovl_dream.implication import with_implied
from sovl_dream.statement import parse_statement
from sovl_dream.wording import questions_about

pytestmark = pytest.mark.no_torch


@pytest.mark.parametrize(
    ("text", "implied"),
    [
        ("I moved to Oslo.", ["I live in Oslo"]),
        ("My sister moved back to Cork.", ["My sister lives in Cork"]),
        ("My parents moved to Spain.", ["My parents live in Spain"]),
        ("We moved to Oslo.", ["We live in Oslo"]),
        ("Our office moved to Oslo.", ["Our office is in Oslo"]),
        ("I got married in June.", ["I am married"]),
        ("I moved the spare key to the shed.", ["The spare key is in the shed"]),
        ("I changed my PIN to 4712.", ["My PIN is 4712"]),
        ("My meeting was moved to Friday.", ["My meeting is on Friday"]),
        ("I got a new job at Volvo.", ["I work at Volvo"]),
        ("I turned 35.", ["I am 35"]),
        ("We turned 35.", ["We are 35"]),
        ("Tamsin is my boss.", ["My boss is Tamsin"]),
        ("Rex is my dog's name.", ["My dog's name is Rex"]),
        ("I play bass in a band called Velvet Gherkin.", ["My band is called Velvet Gherkin"]),
        ("My coach is a lady named Perpetua.", ["My coach is called Perpetua"]),
        ("My friend Ngozi owns a parrot that goes by the name of Toots.", ["My friend Ngozi's parrot is called Toots"]),
        ("Our wedding was held in a village called Ayr.", []),
        ("I live in Oslo.", []),
        ("My boss is Tamsin.", []),
        ("Tamsin is a nurse.", []),
        ("The boat is my pride.", []),
        ("We moved to Leeds in 2014.", []),
    ],
)
def test_what_is_implied(text, implied):
    first, *others = with_implied(parse_statement(text))
    assert first == parse_statement(text)
    assert [statement.text for statement in others] == implied


def test_who_moved_is_asked_where_they_live():
    (_, lives) = with_implied(parse_statement("I moved to Oslo."))
    assert "Where do I live?" in questions_about(lives, random.Random(0))


@given(st.text(max_size=60))
def test_any_statement_implies_statements(text):
    for start in ("I moved ", "My ", ""):
        statement = parse_statement(start + text)
        if statement is not None:
            assert all(implied.complement for implied in with_implied(statement))
