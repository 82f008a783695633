"""What statements claim, and when one claim takes the place of another."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sovl_dream.claims.claim import Claim
from sovl_dream.claims.finding import claims_of, contradicts
from sovl_dream.statement import parse_statement

pytestmark = pytest.mark.no_torch


def claims(text):
    return {claim.about: claim for claim in claims_of(parse_statement(text))}


def test_what_is_denied_does_not_hold():
    assert not claims("I do not live in Lund.")["i/live in"].holds
    assert not claims("My dog is not called Rex.")["dog/name"].holds
    assert not claims("I am no longer a nurse.")["i/job"].holds
    assert not claims("I stopped playing chess.")["i/play///chess"].holds
    assert claims("I live in Lund.")["i/live in"].holds


def test_a_statement_claims_itself():
    assert claims("I play chess.")["i/play///chess"].holds
    assert not claims("I never play chess.")["i/play///chess"].holds
    assert claims("I am afraid of spiders.")["i/be/afraid/of/spiders"].holds
    assert claims("I can play chess.").keys() == {"i/can play///chess"}
    assert claims("I played chess.") == {}


def test_what_is_done_at_times_is_denied_as_a_whole_and_not_in_part():
    often = claims("I eat meat on Fridays.")
    assert {"i/eat/meat/on/fridays", "i/eat///meat"} <= often.keys()
    assert claims("I do not eat meat on Fridays.").keys() == {"i/eat/meat/on/fridays"}
    assert "i/go//to/gym" in claims("I go to the gym every day.")
    assert "i/go//to/gym" in claims("I go to the gym on Mondays.")


def test_what_is_new_or_said_to_hold_now():
    assert claims("My new car is a Volvo.")["car/brand"].newly
    assert claims("I live in Oslo now.")["i/live in"].newly
    assert claims("I moved to Oslo.")["i/live in"].newly
    assert not claims("I live in Oslo.")["i/live in"].newly


@pytest.mark.parametrize(
    ("new", "old", "takes_its_place"),
    [
        (Claim("a", "x"), Claim("a", "y"), True),
        (Claim("a", "x"), Claim("b", "y"), False),
        (Claim("a", "x"), Claim("a", "x"), False),
        (Claim("a", "x", certain=False), Claim("a", "y"), False),
        (Claim("a", "x"), Claim("a", "y", certain=False), False),
        (Claim("a", "x", certain=False, newly=True), Claim("a", "y", certain=False), True),
        (Claim("a", "x", holds=False), Claim("a", "x"), True),
        (Claim("a", "x", holds=False), Claim("a", "y"), False),
        (Claim("a", "", holds=False), Claim("a", "y"), True),
        (Claim("a", "x"), Claim("a", "x", holds=False), True),
        (Claim("a", "x"), Claim("a", "y", holds=False), False),
        (Claim("a", "x"), Claim("a", "", holds=False), False),
        (Claim("a", "x", holds=False), Claim("a", "x", holds=False), False),
    ],
)
def test_contradictions(new, old, takes_its_place):
    assert contradicts(new, old) is takes_its_place


@given(st.text(max_size=80))
def test_any_statement_has_its_claims(text):
    statement = parse_statement(f"My {text}")
    if statement is not None:
        found = claims_of(statement)
        assert not any(contradicts(claim, other) for claim in found for other in found if claim.holds and other.holds)
