from __future__ import annotations

from enum import Enum
from typing import Any, Dict, List, Literal, Optional, Set

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from sovl_core.config_text import parse_text

pytestmark = pytest.mark.no_torch


class Colour(Enum):
    RED = "red"


@pytest.mark.parametrize(
    ("text", "annotation", "value"),
    [
        ("true", str, "true"),
        (" x ", str, " x "),
        ("", str, ""),
        (" 0.5 ", float, "0.5"),
        ("4", Literal[4, 8], 4),
        ("fp16", Literal["fp16", "int8"], "fp16"),
        ("nope", Literal["fp16"], "nope"),
        ("red", Colour, "red"),
        ("green", Colour, "green"),
        ("none", Optional[int], None),
        ("", Optional[int], None),
        ("3", Optional[int], "3"),
        ("None", Optional[str], None),
        ("a, b ,,c", List[str], ["a", "b", "c"]),
        ("", List[str], []),
        ('["a", "b,c"]', List[str], ["a", "b,c"]),
        ("[1, 2", List[int], "[1, 2"),
        ("1,2", list, [1, 2]),
        ("1,2", Set[int], ["1", "2"]),
        ("{a = 1}", Dict[str, int], {"a": 1}),
        ("{a = 1}", dict, {"a": 1}),
        ("0.05", Any, 0.05),
        ("true", Any, True),
        ("1979-05-27T07:32:00Z trailing", Any, "1979-05-27T07:32:00Z trailing"),
        ("two words", Any, "two words"),
        ("", Any, ""),
        ('"5"', Any, "5"),
    ],
)
def test_text_becomes_the_settings_type(text, annotation, value):
    parsed = parse_text(text, annotation)

    assert parsed == value
    assert type(parsed) is type(value)


@given(st.lists(st.integers()), st.booleans())
def test_lists_of_numbers_survive_both_spellings(numbers, as_toml):
    text = str(numbers) if as_toml else ", ".join(map(str, numbers))

    assert TypeAdapter(List[int]).validate_python(parse_text(text, List[int])) == numbers


@given(st.text(), st.sampled_from([str, int, float, bool, Any, List[str], Dict[str, Any], Optional[float], Colour]))
def test_no_text_is_too_odd(text, annotation):
    parse_text(text, annotation)
