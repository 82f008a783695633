from __future__ import annotations

import io
import os
from typing import Any

import pytest

from sovl_core.cli.keyboard import keys_kept

pytestmark = pytest.mark.no_torch


@pytest.fixture
def terminal_stream() -> Any:
    pty = pytest.importorskip("pty")
    screen, terminal = pty.openpty()
    with os.fdopen(terminal, "r") as stream:
        yield stream
    os.close(screen)


def test_nothing_is_echoed_and_lines_are_not_edited_within(terminal_stream: Any) -> None:
    import termios

    before = termios.tcgetattr(terminal_stream.fileno())
    with keys_kept(terminal_stream):
        flags = termios.tcgetattr(terminal_stream.fileno())[3]
        assert not flags & termios.ECHO
        assert not flags & termios.ICANON
        assert flags & termios.ISIG
    assert termios.tcgetattr(terminal_stream.fileno()) == before


def test_the_terminal_is_given_back_after_a_failure(terminal_stream: Any) -> None:
    import termios

    before = termios.tcgetattr(terminal_stream.fileno())
    with pytest.raises(RuntimeError), keys_kept(terminal_stream):
        raise RuntimeError
    assert termios.tcgetattr(terminal_stream.fileno()) == before


def test_what_is_no_terminal_is_left_alone(tmp_path: Any) -> None:
    with keys_kept(io.StringIO()), keys_kept(None), open(tmp_path / "file", "w") as file, keys_kept(file):
        pass
