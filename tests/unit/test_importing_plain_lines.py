from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sovl_core.error_handling import DataError
from sovl_core.importing.keys import Keys
from sovl_core.importing.plain_lines import read_plain_lines

pytestmark = pytest.mark.no_torch


def test_lines_that_say_something_are_told() -> None:
    told = read_plain_lines(b"\xef\xbb\xbf One \r\n\n\t\nTwo\xe2\x80\xa8c\rThree", "f", Keys("f"))
    assert [exchange.prompt for exchange in told] == ["One", "Two\u2028c", "Three"]
    assert {exchange.source for exchange in told} == {"tell"}
    assert len({exchange.key for exchange in told}) == 3


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"", "f: there is nothing in it"),
        (b" \n\r\n", "f: there is nothing in it"),
        (b"good\nb\xffd\n", "f, line 2: not UTF-8"),
        (b"good\nbad\x00\n", "f, line 2: this is no text file"),
    ],
)
def test_what_is_no_text_is_refused(raw: bytes, said: str) -> None:
    with pytest.raises(DataError, match=said):
        read_plain_lines(raw, "f", Keys("f"))


@given(st.binary(max_size=40))
def test_any_bytes_are_lines_or_bad_input(raw: bytes) -> None:
    try:
        told = read_plain_lines(raw, "f", Keys("f"))
    except DataError:
        return
    assert all(exchange.prompt == exchange.prompt.strip() != "" for exchange in told)
