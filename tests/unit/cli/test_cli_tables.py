from __future__ import annotations

import io
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sovl_core.cli.tables import (
    flatten,
    print_rows,
    print_table,
    size_text,
    span_text,
    split_nested,
    time_text,
    value_text,
)
from sovl_core.cli.terminal import make_console

pytestmark = pytest.mark.no_torch


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "–"),
        (True, "yes"),
        (False, "no"),
        (0.123456, "0.1235"),
        (1234567, "1234567"),
        ([1, None, "a"], "1, –, a"),
        ([], "–"),
        ({"a": 1.0}, "a 1"),
        ("two\nlines", "two lines"),
    ],
)
def test_values_on_one_line(value: Any, text: str) -> None:
    assert value_text(value) == text


def test_sizes_spans_and_times() -> None:
    assert [size_text(size) for size in (0, 999, 1000, 92_871_040, 3e9, 2e13)] == [
        "0 B",
        "999 B",
        "1.0 kB",
        "92.9 MB",
        "3.0 GB",
        "20.0 TB",
    ]
    assert span_text(1.0, 62.0) == "1 min 1 s"
    assert span_text(1.0, None) == "–"
    assert time_text(None) == "–"
    assert len(time_text(0.0)) == len("1970-01-01 00:00")
    assert [time_text(damaged) for damaged in (1e300, -1e300, float("nan"), float("inf"))] == ["?"] * 4


def test_nested_tables_become_rows() -> None:
    plain, nested = split_nested({"base_model": "x", "empty": {}, "of_night": {"recall": {"new": 1}, "steps": 3}})
    assert plain == {"base model": "x"}
    assert flatten(nested["of night"]) == {"recall new": 1, "steps": 3}


@given(st.recursive(st.integers(), lambda inner: st.dictionaries(st.text(min_size=1), inner, max_size=3), max_leaves=8))
def test_flattening_leaves_no_table_but_empty_ones(value: Any) -> None:
    flat = flatten({"top": value})
    assert all(not isinstance(item, dict) or not item for item in flat.values())


def test_cells_are_clean_and_nothing_is_markup() -> None:
    stream = io.StringIO()
    print_table(make_console(stream), ("name", "text"), [("[red]a", "x\x1b[31my"), ("b", "long " * 20)], title="T")
    printed = stream.getvalue()
    assert "[red]a" in printed
    assert "xy" in printed
    assert "\x1b" not in printed
    assert "long " * 20 in printed


def test_rows_have_labels_and_a_title() -> None:
    stream = io.StringIO()
    print_rows(make_console(stream), {"one": 1, "the other": "x"}, "Facts")
    assert [line.rstrip() for line in stream.getvalue().splitlines()] == ["Facts", "one        1", "the other  x"]
