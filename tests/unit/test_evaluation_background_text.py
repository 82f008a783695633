from __future__ import annotations

from pathlib import Path

import pytest

from sovl_core.error_handling import DataError
from sovl_core.evaluation.background_text import DEFAULT, passages, read_background

pytestmark = pytest.mark.no_torch


def test_a_text_is_cut_into_passages_of_two_halves() -> None:
    text = " ".join(str(number) for number in range(11))
    assert passages(text, half=2, most=9) == [("0 1", "2 3"), ("4 5", "6 7")]


def test_many_passages_are_thinned_out_evenly() -> None:
    text = " ".join(str(number) for number in range(40))
    assert [first for first, _ in passages(text, half=1, most=4)] == ["0", "10", "20", "30"]


def test_a_short_text_is_one_passage_and_a_word_is_none() -> None:
    assert passages("one two three four five") == [("one two", "three four")]
    for text in ("word", " \n"):
        with pytest.raises(DataError, match="no two words"):
            passages(text)


def test_a_file_is_read_or_the_built_in_text(tmp_path: Path) -> None:
    assert read_background() is DEFAULT
    assert len(passages(DEFAULT)) >= 5
    path = tmp_path / "text.txt"
    path.write_bytes("\ufeffsome wörds".encode())
    assert read_background(path) == "some wörds"
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(DataError, match="not UTF-8"):
        read_background(path)
    with pytest.raises(DataError, match="cannot be read"):
        read_background(tmp_path)
