from __future__ import annotations

import io

import click
import pytest

from sovl_core.cli.errors import as_slash_commands, explain, print_error
from sovl_core.cli.terminal import make_console
from sovl_core.error_handling import BadInput, ConfigError, LifeLocked, ModelNotFound, PluginError, SOVLError

pytestmark = pytest.mark.no_torch


class OutOfMemoryError(RuntimeError):
    """Named as PyTorch names its own."""


EVERY_KIND = [
    SOVLError("failed"),
    BadInput("bad"),
    ConfigError("unknown key", "sovl config describe"),
    LifeLocked("locked by process 1"),
    ModelNotFound("none\n  - tried this"),
    PluginError("plugin"),
    OSError(28, "No space left on device"),
    PermissionError(13, "Permission denied", "/somewhere/x"),
    FileNotFoundError(2, "No such file", "x"),
    OSError("odd"),
    MemoryError(),
    OutOfMemoryError("CUDA out of memory"),
    ValueError("surprise"),
    click.UsageError("wrong"),
]


@pytest.mark.parametrize("error", EVERY_KIND, ids=lambda error: type(error).__name__)
def test_every_failure_is_a_block_that_ends_with_what_to_do(error: BaseException) -> None:
    stream = io.StringIO()
    status = print_error(make_console(stream), error)
    lines = stream.getvalue().splitlines()
    assert lines[0].startswith("error: ")
    assert lines[-1].startswith("next:  ")
    assert len(lines[-1]) > len("next:  ")
    assert status == (2 if isinstance(error, (BadInput, click.UsageError)) else 1)


def test_an_interruption_needs_no_advice() -> None:
    assert explain(KeyboardInterrupt()).status == 130
    assert explain(KeyboardInterrupt()).hint == ""


def test_the_file_is_named() -> None:
    assert "/somewhere/x" in explain(PermissionError(13, "Permission denied", "/somewhere/x")).message


def test_control_sequences_in_a_message_are_taken_out() -> None:
    stream = io.StringIO()
    print_error(make_console(stream), SOVLError("file \x1b[31mname\x1b[0m [bold]", "do \x07 this"))
    assert stream.getvalue() == "error: file name [bold]\nnext:  do  this\n"


def test_long_lines_are_left_whole() -> None:
    stream = io.StringIO()
    print_error(make_console(stream), SOVLError("x" * 500, "y" * 500))
    assert len(stream.getvalue().splitlines()) == 2


def test_secrets_are_shown_neither_in_the_block_nor_in_the_traceback() -> None:
    stream = io.StringIO()
    try:
        raise RuntimeError("401 for https://ann:pa55@example.com with api_key=abc123")
    except RuntimeError as error:
        print_error(make_console(stream), error, debug=True)
    assert "Traceback" in stream.getvalue()
    assert "pa55" not in stream.getvalue()
    # The line of code that raised is the program's own; what stands in it is no secret of the user's.
    assert stream.getvalue().count("abc123") == 0


@pytest.mark.parametrize(
    ("hint", "typed"),
    [
        ("See them all: sovl nights list", "See them all: /nights list"),
        ("Free some space; then `sovl sleep` goes on with it", "Free some space; then `/sleep` goes on with it"),
        ("sovl recall TEXT, or sovl forget TEXT", "/recall TEXT, or /forget TEXT"),
        ("sovl --help", "/help"),
        ("sovl --life FOLDER", "sovl --life FOLDER"),
        ("sovl chat --continue", "sovl chat --continue"),
        ("sovl sleeping", "sovl sleeping"),
        ("echo 'I live in Oslo.' | sovl tell -", "echo 'I live in Oslo.' | sovl tell -"),
    ],
)
def test_a_hint_names_commands_as_a_session_takes_them(hint: str, typed: str) -> None:
    assert as_slash_commands(hint) == typed
