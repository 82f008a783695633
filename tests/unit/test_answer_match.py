from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sovl_core.answer_match import says

pytestmark = pytest.mark.no_torch


@pytest.mark.parametrize(
    ("reply", "answer"),
    [
        ("It is May.", "May"),
        ("may", "May"),
        ("Maybe in May?", "May"),
        ("Your locker is heron-4471.", "heron-4471"),
        ("The code is (4471)", "4471"),
        ("Biscuit's bowl", "Biscuit"),
        ("the Graz-based team", "Graz"),
        ("You live in New\n York.", "new york"),
        ("In Zu\u0308rich.", "Z\u00fcrich"),
        ("STRASSE 5", "Stra\u00dfe"),
        ("I like C++, mostly.", "C++"),
        ("It costs $5.", "$5"),
        ("There are 10.", "10"),
        ("the capital is PARIS", "paris"),
        ("\u6211\u7684\u72d7\u53eb\u5c0f\u767d\u3002", "\u5c0f\u767d"),
        ("\u041e\u043b\u044f, \u0434\u0430", "\u041e\u043b\u044f"),
    ],
)
def test_an_answer_is_found_as_words_of_its_own(reply, answer):
    assert says(reply, answer)


@pytest.mark.parametrize(
    ("reply", "answer"),
    [
        ("Maybe.", "May"),
        ("dismay", "May"),
        ("heron-44712", "heron-4471"),
        ("xheron-4471", "heron-4471"),
        ("It was 1942.", "42"),
        ("In 1066 it was.", "10"),
        ("There are 10.", "ten"),
        ("\u041a\u043e\u043b\u044f", "\u041e\u043b\u044f"),
        ("Z\u00fcrichsee", "Z\u00fcrich"),
        ("snake_case", "case"),
        ("heron 4471", "heron-4471"),
        ("", "May"),
        ("May", ""),
        ("May", " "),
    ],
)
def test_a_part_of_another_word_is_none(reply, answer):
    assert not says(reply, answer)


@given(st.text(), st.text(alphabet=st.characters(blacklist_categories=("Z", "C", "M")), min_size=1), st.text())
def test_between_spaces_whatever_is_said_is_found(before, answer, after):
    assert says(f"{before} {answer} {after}", answer)
