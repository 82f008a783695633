from __future__ import annotations

import io
from typing import Any, List

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sovl_core.cli.replies import ReplyPrinter, WordWrapper
from sovl_core.cli.terminal import make_console

pytestmark = pytest.mark.no_torch

#: What rich writes when a spinner begins and when it ends.
HIDDEN_CURSOR, SHOWN_CURSOR = "\x1b[?25l", "\x1b[?25h"


def _wrap(text: str, width: int, size: int = 3) -> str:
    wrapper = WordWrapper(width)
    pieces = [text[at : at + size] for at in range(0, len(text), size)]
    return "".join(wrapper.feed(piece) for piece in pieces) + wrapper.finish()


def test_lines_break_at_words() -> None:
    assert _wrap("one two three four five six", 20) == "one two three four\nfive six"
    assert _wrap("a line\nand another that is long", 20) == "a line\nand another that is\nlong"
    assert _wrap("  indented code", 40) == "  indented code"


def test_wide_letters_count_twice() -> None:
    assert _wrap("日本語日本語 日本語日本語", 20) == "日本語日本語\n日本語日本語"


def test_a_narrow_or_absent_terminal_wraps_by_itself() -> None:
    assert _wrap("one two three four five six", 0) == "one two three four five six"
    assert _wrap("one two three four five six", 10) == "one two three four five six"


@given(st.text(st.sampled_from("ab \n"), max_size=200), st.integers(min_value=1, max_value=7))
def test_wrapping_changes_white_space_alone(text: str, size: int) -> None:
    wrapped = _wrap(text, 20, size)
    assert wrapped.split() == text.split()
    assert all(len(line) <= 20 or " " not in line.strip() for line in wrapped.split("\n"))


@given(st.lists(st.text(max_size=20), max_size=10))
def test_what_is_streamed_is_what_is_printed(pieces: List[str]) -> None:
    stream = io.StringIO()
    printer = ReplyPrinter(stream)
    for piece in pieces:
        printer.on_text(piece)
    printer.finish("".join(pieces))
    whole = io.StringIO()
    once = ReplyPrinter(whole)
    once.finish("".join(pieces))
    assert stream.getvalue() == whole.getvalue()


def test_a_reply_that_was_not_streamed_is_printed_at_the_end() -> None:
    stream = io.StringIO()
    ReplyPrinter(stream).finish("All \x1b[1mof it")
    assert stream.getvalue() == "All of it\n"


@pytest.mark.parametrize(
    ("text", "printed"),
    [
        ("I see.\n(noted)", "I see.\n(noted)\n"),
        ("I see.", "I see.\n"),
        ("I  see.", "I see.\n"),
        ("I", "I see.\n"),
        ("Never!", "I see.\nNever!\n"),
    ],
)
def test_what_a_plugin_made_of_a_reply_after_it_was_streamed_is_seen(text: str, printed: str) -> None:
    stream = io.StringIO()
    printer = ReplyPrinter(stream, width=40)
    for piece in ("I ", "see."):
        printer.on_text(piece)
    printer.finish(text)
    assert stream.getvalue() == printed


def test_the_spinner_leaves_with_the_first_word(terminal: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    stream = terminal()
    printer = ReplyPrinter(stream, make_console(stream))
    with printer.waiting("thinking"):
        assert stream.getvalue().endswith(HIDDEN_CURSOR)
        printer.on_text("Hello")
        assert SHOWN_CURSOR in stream.getvalue()
        printer.on_text(" there")
        before = stream.getvalue()
        printer.stop_waiting()
        assert stream.getvalue() == before
    printer.finish("Hello there")
    assert stream.getvalue().endswith("Hello there\n")


def test_no_spinner_without_a_terminal() -> None:
    stream = io.StringIO()
    printer = ReplyPrinter(stream, make_console(stream))
    with printer.waiting("thinking"):
        pass
    assert stream.getvalue() == ""


class Closed(io.StringIO):
    """A pipe whose reader has gone after the first word."""

    def write(self, text: str) -> int:
        if self.getvalue():
            raise BrokenPipeError(32, "Broken pipe")
        return super().write(text)


def test_a_reader_that_goes_away_does_not_break_the_reply() -> None:
    stream = Closed()
    printer = ReplyPrinter(stream)
    for piece in ("One ", "two ", "three"):
        printer.on_text(piece)
    assert isinstance(printer.failure, BrokenPipeError)
    with pytest.raises(BrokenPipeError):
        printer.finish("One two three")
    assert stream.getvalue() == "One "
