from __future__ import annotations

import io
import json
from typing import Any, List, Tuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sovl_core.importing.json_list import json_elements

pytestmark = pytest.mark.no_torch

SCALARS = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text(max_size=4))
JSON = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3)
)


def read(text: str, chunk: int = 4) -> List[Tuple[Any, str]]:
    return list(json_elements(io.BytesIO(text.encode("utf-8", "surrogatepass")), chunk))


@given(st.lists(JSON, max_size=4), st.integers(1, 9), st.booleans(), st.sampled_from([None, 2]))
def test_a_list_is_read_as_json_reads_it(values: List[Any], chunk: int, ascii_only: bool, indent: Any) -> None:
    if not ascii_only:
        values = json.loads(json.dumps(values).replace("\\ud", "\\u0"))
    text = json.dumps(values, ensure_ascii=ascii_only, indent=indent)
    assert read(text, chunk) == [(value, "") for value in json.loads(text)]


@given(st.text(st.sampled_from('[]{},:"\\ a1-.eu\ud800'), max_size=30), st.integers(1, 5))
def test_any_text_ends_and_raises_nothing(text: str, chunk: int) -> None:
    assert all(isinstance(problem, str) for _, problem in read(text, chunk))


@given(st.binary(max_size=30))
def test_any_bytes_raise_nothing(raw: bytes) -> None:
    assert all(isinstance(problem, str) for _, problem in json_elements(io.BytesIO(raw), 3))


def test_one_object_is_a_list_of_one() -> None:
    assert read(' {"a": [1, 2]} ') == [({"a": [1, 2]}, "")]


def test_a_file_that_is_cut_off_gives_what_came_before() -> None:
    found = read('[{"a": 1}, {"a": 2}, {"a": "x')
    assert found[:2] == [({"a": 1}, ""), ({"a": 2}, "")]
    assert found[2][1].startswith("not JSON")
    assert len(found) == 3
    assert read('[{"a": 1}')[1:] == [(None, "the file ends here, before its list does")]


@pytest.mark.parametrize("broken", ['{"a": "x}', '{"a" 2}', '{"a": [}', '{"a": 0x1}', "[" * 100_000])
def test_what_is_broken_costs_its_own_place(broken: str) -> None:
    found = read(f'[{{"b": 1}}, {broken}, {{"c": 2}}, {{"d": 3}}]', 1024)
    whole = [value for value, problem in found if not problem]
    assert (whole[0], whole[-1]) == ({"b": 1}, {"d": 3})
    assert [bool(problem) for _, problem in found].count(True) == 1


def test_bytes_that_are_no_text_cost_their_own_place() -> None:
    found = list(json_elements(io.BytesIO(b'\xef\xbb\xbf[{"a": "b\xff"}, {"c": 2}]')))
    assert found == [({"a": "b\ufffd"}, ""), ({"c": 2}, "")]


def test_no_more_is_read_than_one_element_needs() -> None:
    stream = io.BytesIO(b"[" + b",".join(b'{"a": 1}' for _ in range(100_000)) + b"]")
    next(json_elements(stream, 64))
    assert stream.tell() <= 64
