from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sovl_core.importing.keys import DIGITS, Keys

pytestmark = pytest.mark.no_torch


def test_a_line_has_the_same_key_each_time_its_file_is_read() -> None:
    first, again = Keys("notes.txt"), Keys("notes.txt")
    assert [first.key("One"), first.key("Two")] == [again.key("One"), again.key("Two")]


def test_what_differs_has_another_key() -> None:
    keys = Keys("notes.txt")
    found = [
        keys.key("One"),
        keys.key("One"),
        keys.key("Two"),
        keys.key("ab", "c"),
        keys.key("a", "bc"),
        Keys("other.txt").key("One"),
    ]
    assert len(set(found)) == len(found)
    assert {len(key) for key in found} == {len("text:") + DIGITS}


def test_standard_input_has_no_keys() -> None:
    assert Keys("").key("One") == ""


@given(st.lists(st.text(max_size=3), max_size=6), st.lists(st.text(max_size=3), max_size=3))
def test_a_file_that_has_grown_gives_its_old_lines_their_old_keys(lines: list, more: list) -> None:
    before, after = Keys("f"), Keys("f")
    old = [before.key(line) for line in lines]
    assert [after.key(line) for line in [*lines, *more]][: len(old)] == old
    assert len(set(old)) == len(old)
