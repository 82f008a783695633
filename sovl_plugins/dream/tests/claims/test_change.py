"""Statements of a change."""

from __future__ import annotations

import pytest

from sovl_dream.claims.change import ended, now_so, stopped
from sovl_dream.claims.state import state_claims
from sovl_dream.statement import parse_statement

pytestmark = pytest.mark.no_torch


def since(text):
    return [(claim.about, claim.value) for now in now_so(parse_statement(text)) for claim in state_claims(now)]


@pytest.mark.parametrize(
    ("text", "claim"),
    [
        ("I moved to Oslo.", ("i/live in", "Oslo")),
        ("I moved from Lund to Oslo last year.", ("i/live in", "Oslo")),
        ("My sister has moved back to Cork.", ("sister/live in", "Cork")),
        ("I moved the key to the shed.", ("key/where", "in the shed")),
        ("I changed my phone number to 555.", ("phone number/is", "555")),
        ("I changed my name to Anna.", ("i/name", "Anna")),
        ("I renamed my dog Rex.", ("dog/name", "Rex")),
        ("I renamed the boat to Dawn.", ("boat/name", "Dawn")),
        ("I turned 35 last week.", ("i/age", "35")),
        ("My daughter turned eight.", ("daughter/age", "eight")),
        ("I got a new job at Volvo.", ("i/employer", "Volvo")),
        ("I found a job as a nurse.", ("i/job", "a nurse")),
        ("I started working for Volvo.", ("i/employer", "Volvo")),
        ("I became a teacher.", ("i/job", "a teacher")),
        ("My meeting was moved to Friday.", ("meeting/when", "on Friday")),
        ("My meeting has been postponed to noon.", ("meeting/when", "at noon")),
        ("My exam has moved to May.", ("exam/when", "in May")),
        ("I moved the meeting to 3 May.", ("meeting/when", "3 May")),
        ("My parents have moved to Spain.", ("parents/live in", "Spain")),
        ("I have a new locker number: 23.", ("locker number/is", "23")),
        ("I got a new PIN, it's 4712.", ("pin/is", "4712")),
        ("My PIN has changed to 4712.", ("pin/is", "4712")),
    ],
)
def test_what_is_so_since(text, claim):
    assert since(text) == [claim]
    assert all(now.newly for now in now_so(parse_statement(text)))


@pytest.mark.parametrize(
    "text",
    [
        "I moved to Leeds in 2014.",
        "I moved to Leeds ten years ago.",
        "I moved to Leeds as a child.",
        "I will move to Oslo.",
        "I moved to a new flat.",
        "I moved to accounting.",
        "I changed trains in Oslo.",
        "I turned the music down.",
        "I turned vegan.",
        "I got a dog from Oslo.",
        "I became a father.",
        "My meeting was moved to tears.",
        "I switched to tea.",
    ],
)
def test_nothing_is_known_to_be_so_since(text):
    assert since(text) == []


def test_what_has_ended():
    for text in ("I quit my job at Volvo.", "I lost my job.", "I am retired."):
        assert [(claim.about, claim.holds) for claim in ended(parse_statement(text))] == [
            ("i/job", False),
            ("i/employer", False),
        ]
    (claim,) = ended(parse_statement("I switched from coffee to tea."))
    assert (claim.about, claim.value, claim.holds) == ("i/*/coffee", "coffee", False)
    assert [claim.about for claim in ended(parse_statement("I sold my boat."))] == [
        "i/*/boat",
        "i/have///boat",
        "i/own///boat",
    ]
    assert [claim.about for claim in ended(parse_statement("I gave up cigars."))] == ["i/*/cigars"]
    assert ended(parse_statement("I gave up smoking.")) == []
    assert ended(parse_statement("My sister lost my job offer.")) == []
    assert ended(parse_statement("I lost my keys.")) == []


@pytest.mark.parametrize(
    ("text", "before"),
    [
        ("I stopped playing chess.", "I play chess"),
        ("I quit smoking cigars.", "I smoke cigars"),
        ("I gave up running marathons.", "I run marathons"),
    ],
)
def test_what_was_done_before_it_was_stopped(text, before):
    assert [statement.text for statement in stopped(parse_statement(text))] == [before]


def test_what_was_not_stopped():
    assert stopped(parse_statement("I stopped at the bakery.")) == []
    assert stopped(parse_statement("I love playing chess.")) == []
    assert stopped(parse_statement("I stopped zorbing hills.")) == []
