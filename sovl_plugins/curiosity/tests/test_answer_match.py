"""Whether a reply holds an answer."""

from __future__ import annotations

import pytest

from sovl_curiosity.answer_match import says


@pytest.mark.parametrize(
    ("reply", "answers", "expected"),
    [
        ("It is Paris.", ["Paris"], True),
        ("the capital is PARIS", ["Lyon", "paris"], True),
        ("In 1066 it was.", ["10"], False),
        ("There are 10.", ["ten", "10"], True),
        ("It costs $5.", ["$5"], True),
        ("New\n York", ["new york"], True),
        ("Yes.", [], False),
        ("Yes.", [""], False),
    ],
)
def test_answers_are_words_of_their_own(reply, answers, expected):
    assert says(reply, answers) is expected
