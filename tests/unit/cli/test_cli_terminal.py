from __future__ import annotations

import io
import json
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sovl_core.cli.terminal import (
    StreamCleaner,
    clean,
    is_terminal,
    json_text,
    make_console,
    prepare_streams,
    require_whole,
    shorten,
)
from sovl_core.error_handling import DataError

pytestmark = pytest.mark.no_torch

#: Text in which escape sequences, whole and broken, are frequent.
HOSTILE = st.text(st.sampled_from(list("ab[];m0123\\\n\t\x1b\x07\x9b\x9d\u202e\x00\r")))


def _is_safe(text: str) -> bool:
    return all(
        character in "\n\t" or unicodedata.category(character) not in ("Cc", "Cs", "Zl", "Zp") for character in text
    ) and not any(character in text for character in "\u202a\u202b\u202d\u202e\u2066\u2067\u2068\u200b\ufeff\U000e0020")


@pytest.mark.parametrize(
    ("given_text", "expected"),
    [
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x1b]0;owned\x07title", "title"),
        ("\x1b]52;c;AAAA\x1b\\clipboard", "clipboard"),
        ("\x9b2Jgone", "gone"),
        ("over\rwritten", "overwritten"),
        ("dos\r\nline", "dos\nline"),
        ("bell\x07 back\x08space", "bell backspace"),
        ("\x1bPsixel\x1b\\x", "x"),
        ("\x1b(Bcharset", "charset"),
        ("user\u202egnp.exe", "user<U+202E>gnp.exe"),
        ("one\u2028two", "one\ntwo"),
        ("pass\u200bword\ufeff", "pass<U+200B>word<U+FEFF>"),
        ("hidden \U000e0041", "hidden <U+E0041>"),
        ("e" + "\u0301" * 1000 + "e", "e" + "\u0301" * 16 + "e"),
        ("\u0646\u200c\u0645 \U0001f469\u200d\U0001f680", "\u0646\u200c\u0645 \U0001f469\u200d\U0001f680"),
        ("\ud800 lone", "\ufffd lone"),
        ("tab\tand ümläut 日本", "tab\tand ümläut 日本"),
    ],
)
def test_control_sequences_are_taken_out(given_text: str, expected: str) -> None:
    assert clean(given_text) == expected


@given(st.one_of(HOSTILE, st.text()))
def test_nothing_dangerous_survives(text: str) -> None:
    assert _is_safe(clean(text))


@given(HOSTILE, st.lists(st.integers(min_value=1, max_value=5)))
def test_a_stream_says_nothing_dangerous_however_it_is_cut(text: str, cuts: list) -> None:
    cleaner, printed, position = StreamCleaner(), "", 0
    for cut in cuts:
        printed += cleaner.feed(text[position : position + cut])
        position += cut
    printed += cleaner.feed(text[position:]) + cleaner.finish()
    assert _is_safe(printed)


@given(st.text(st.characters(blacklist_categories=("Cc", "Cs", "Cf", "Zl", "Zp"))))
def test_harmless_text_stays_as_it_is(text: str) -> None:
    cleaner = StreamCleaner()
    assert clean(text) == text
    assert "".join(cleaner.feed(letter) for letter in text) + cleaner.finish() == text


def test_a_sequence_cut_between_two_pieces_is_recognised() -> None:
    cleaner = StreamCleaner()
    assert cleaner.feed("hello \x1b[3") == "hello "
    assert cleaner.feed("1mred") == "red"
    assert cleaner.finish() == ""


def test_a_flood_of_accents_is_seen_however_it_is_cut() -> None:
    cleaner = StreamCleaner()
    printed = cleaner.feed("e") + "".join(cleaner.feed("\u0301" * 10) for _ in range(100)) + cleaner.finish()
    assert printed == "e" + "\u0301" * 16


def test_a_sequence_that_never_ends_does_not_swallow_the_reply() -> None:
    cleaner = StreamCleaner()
    printed = cleaner.feed("\x1b]0;") + "".join(cleaner.feed("word ") for _ in range(100)) + cleaner.finish()
    assert printed.count("word") == 100


def test_a_table_cell_is_one_line() -> None:
    assert clean("one\n  two\tthree", keep_lines=False) == "one two three"
    assert shorten("one\ntwo three", 8) == "one two…"
    assert shorten("short", 8) == "short"


def test_json_is_printed_safely_and_reads_back() -> None:
    data = {"text": "\x1b[31m \x9b ü \u202e \u2028 \U000e0041 e" + "\u0301" * 300, "none": None}
    printed = json_text(data)
    assert _is_safe(printed)
    assert "ü" in printed
    assert "\u0301" * 17 not in printed
    assert json.loads(printed) == data


def test_consoles_print_brackets_and_colons_as_they_are() -> None:
    stream = io.StringIO()
    make_console(stream).print("[bold]not markup[/bold] :smile:")
    assert stream.getvalue() == "[bold]not markup[/bold] :smile:\n"


@pytest.mark.parametrize("terminal", [True, False])
def test_consoles_clean_what_nobody_cleaned(terminal: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    from rich.table import Table
    from rich.text import Text

    monkeypatch.setenv("TERM", "xterm")
    stream = io.StringIO()
    stream.isatty = lambda: terminal  # type: ignore[method-assign]
    console = make_console(stream)
    hostile = "a\x1b]52;c;AAAA\x07\x1b[2J\x9b1m\x08\u202eb"
    table = Table(title=hostile)
    table.add_column(Text(hostile))
    table.add_row(hostile)
    console.print(hostile, style="red")
    console.print(Text(hostile, style="bold"))
    console.print(table)
    with console.status(Text(hostile)):
        pass
    shown = stream.getvalue()
    assert shown.count("<U+202E") >= 5
    assert not any(raw in shown for raw in ("\x1b]", "\x07", "\x1b[2J", "\x9b", "\x08", "\u202e"))
    assert ("\x1b[31m" in shown) is terminal


def test_a_plain_console_never_colours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    stream = io.StringIO()
    make_console(stream, plain=True).print("x", style="red")
    assert stream.getvalue() == "x\n"


def test_streams_replace_what_they_cannot_encode() -> None:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="ascii")
    prepare_streams(object(), stream)
    stream.write("é")
    stream.flush()
    assert raw.getvalue() == b"?"


def test_bytes_that_are_no_text_are_found_rather_than_replaced() -> None:
    stream = io.TextIOWrapper(io.BytesIO("good ü\n".encode() + b"b\xffd\n"), encoding="utf-8")
    prepare_streams(stream)
    require_whole(stream.readline(), "line 1")
    with pytest.raises(DataError, match="line 2: not UTF-8 text"):
        require_whole(stream.readline(), "line 2")


def test_only_open_terminals_are_terminals() -> None:
    closed = io.StringIO()
    closed.close()
    assert not is_terminal(io.StringIO())
    assert not is_terminal(closed)
    assert not is_terminal(object())
