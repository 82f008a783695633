"""Quotation marks."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sovl_dream.quotations import MARK, OPEN, is_speech, masked, unmasked

pytestmark = pytest.mark.no_torch


@pytest.mark.parametrize(
    ("text", "rest", "quotations"),
    [
        ('He said "I am".', f"He said {MARK}.", ['"I am"']),
        ("He said 'I am'.", f"He said {MARK}.", ["'I am'"]),
        ("“I’m” and ‘don’t’", f"{MARK} and {MARK}", ["“I’m”", "‘don’t’"]),
        ("«Oui» „Ja“ 「はい」", f"{MARK} {MARK} {MARK}", ["«Oui»", "„Ja“", "「はい」"]),
        ('"I am late." My cat', f"{MARK}. My cat", ['"I am late."']),
        ('"I am late," he said', f"{MARK} he said", ['"I am late,"']),
        ('He said "I am', f"He said {OPEN}", []),
        ("my parents' house, the kids' room", "my parents' house, the kids' room", []),
        ("the '80s, rock 'n' roll, don't", "the '80s, rock 'n' roll, don't", []),
        ('6\'2" and 27" wide', '6\'2" and 27" wide', []),
        (f"a {MARK} b {OPEN}", "a   b  ", []),
    ],
)
def test_quotations_are_found(text, rest, quotations):
    assert masked(text) == (rest, quotations)


@pytest.mark.parametrize(
    ("quotation", "speech"),
    [
        ('"I live in Paris."', True),
        ('"Hello. Goodbye."', True),
        ('"my car is red"', True),
        ('"Rex"', False),
        ('"I Am the Walrus"', False),
        ('"The Man Who Knew"', False),
        ('"never give up"', False),
        ('""', False),
    ],
)
def test_speech_is_told_from_names_and_titles(quotation, speech):
    assert is_speech(quotation) is speech


@example('I"""')
@given(st.text(st.sampled_from("aI am. \"'“”‘’«»\n")))
def test_put_back_nothing_but_full_stops_and_threefold_marks_has_changed(text):
    rest, quotations = masked(text)
    if OPEN not in rest:
        assert unmasked(rest, quotations).replace(".", "") == text.replace('"""', '"').replace(".", "")
