from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sovl_core.error_handling import DataError
from sovl_core.importing.recognition import FORMATS, recognise

pytestmark = pytest.mark.no_torch


@pytest.mark.parametrize(
    ("head", "form"),
    [
        (b"", "lines"),
        (b"My dog is called Rex.\n", "lines"),
        (b"[2024-01-01] To the dentist.\n[2024-01-02] {again}\n", "lines"),
        (b"{sigh} what a day\n", "lines"),
        (b"[] is how lists begin\n", "lines"),
        (b'"Quoted"\n5\n', "lines"),
        (b'\xef\xbb\xbf\n{"prompt": "a", "response": "b"}\n', "pairs"),
        (b'{"prompt": "broken\n{"prompt": "a", "completion": "b"}\n', "pairs"),
        (b'{"event": "wake_up"}\n{"prompt": "a", "response": "b"}\n', "pairs"),
        (b"SQLite format 3\x00\x10\x00", "llm"),
        (b"PK\x03\x04\x14\x00", "chatgpt"),
        (b'[{"title": "Dogs", "create_time": 1.5, "mapping": {"a": {"id"', "chatgpt"),
        (b' [\n  {\n    "title": "Dogs",\n    "mapping": {', "chatgpt"),
        (b'{"title": "Dogs", "mapping": {}, "current_node": "a"}', "chatgpt"),
    ],
)
def test_the_form_shows_in_the_content(head: bytes, form: str) -> None:
    assert recognise(head, "f") == form


@pytest.mark.parametrize(
    ("head", "said"),
    [
        (b'{"tell": "a", "ask": []}\n{"tell": "b"}\n', 'objects without a "prompt".*--format lines'),
        (b'[{"role": "user", "content": "a"}]', "in no form that is known.*--format lines"),
        (b'{\n  "role": "user"\n}', "in no form that is known"),
        (b"[]", "^f: there is nothing in it but an empty list.*--format lines"),
        (b"\xef\xbb\xbf [ \r\n]\n", "nothing in it but an empty list"),
        (b"[]\n[]\n", "nothing in it but an empty list"),
    ],
)
def test_data_of_another_form_is_not_told_as_words(head: bytes, said: str) -> None:
    with pytest.raises(DataError, match=said):
        recognise(head, "f")


@given(st.one_of(st.binary(max_size=60), st.text(st.sampled_from('[]{}"promt: ,\n1'), max_size=60).map(str.encode)))
def test_any_bytes_have_a_form_or_are_refused(head: bytes) -> None:
    with contextlib.suppress(DataError):
        assert recognise(head, "f") in FORMATS
