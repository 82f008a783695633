"""Wording the question of which of two answers is so."""

from __future__ import annotations

import pytest

from sovl_dream.asking_which import question_to_the_user
from sovl_dream.statement import parse_statement

pytestmark = pytest.mark.no_torch


@pytest.mark.parametrize(
    ("sentence", "question"),
    [
        ("The office is in Lund.", "Where is the office?"),
        ("My flight leaves at 7 am.", "What time does your flight leave?"),
        ("I drive a Volvo.", "What do you drive?"),
        ("I have two brothers.", "How many brothers do you have?"),
        ("I have a red car.", ""),
    ],
)
def test_the_user_is_asked_what_was_told_in_two_ways(sentence, question):
    statement = parse_statement(sentence)
    assert question_to_the_user(statement) == question
