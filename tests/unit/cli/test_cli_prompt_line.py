from __future__ import annotations

from pathlib import Path
from typing import Any, List, Optional

import pytest
from prompt_toolkit.application import get_app_or_none
from prompt_toolkit.completion import DummyCompleter
from prompt_toolkit.input import create_pipe_input
from prompt_toolkit.output import DummyOutput

from sovl_core.cli.announcer import Announcer
from sovl_core.cli.presence import Presence
from sovl_core.cli.prompt_line import PLAIN_PROMPT, PromptLine

pytestmark = pytest.mark.no_torch


class Ascii(DummyOutput):
    def encoding(self) -> str:
        return "ascii"


@pytest.fixture
def pipe() -> Any:
    with create_pipe_input() as opened:
        yield opened


def _line(
    pipe: Any, history: Path, presence: Optional[Presence] = None, toolbar: Any = lambda: None, **more: Any
) -> Any:
    settings = {"input": pipe, "output": DummyOutput(), **more}
    return PromptLine(history, DummyCompleter(), presence or Presence(), Announcer(), toolbar, **settings)


def test_a_line_is_kept_as_it_is_screened(pipe: Any, tmp_path: Path) -> None:
    line = _line(pipe, tmp_path / "history", screen=lambda text: text.replace("1234", "****"))
    pipe.send_text("it is 1234\r")
    assert line.read() == "it is 1234"
    assert "+it is ****\n" in (tmp_path / "history").read_text()


def test_a_line_is_screened_when_the_prompt_has_let_go_of_the_terminal(pipe: Any, tmp_path: Path) -> None:
    running: List[object] = []
    line = _line(pipe, tmp_path / "history", screen=lambda text: running.append(get_app_or_none()) or text)
    pipe.send_text("hello\r")
    assert line.read() == "hello"
    assert running == [None]
    assert "+hello\n" in (tmp_path / "history").read_text()


def test_a_line_that_may_not_be_written_down_leaves_no_trace(pipe: Any, tmp_path: Path) -> None:
    line = _line(pipe, tmp_path / "history", screen=lambda text: "")
    pipe.send_text("it is 1234\r")
    assert line.read() == "it is 1234"
    assert not (tmp_path / "history").exists()


def test_lines_are_read_and_remembered(pipe: Any, tmp_path: Path) -> None:
    line = _line(pipe, tmp_path / "history")
    pipe.send_text("one\rtwo\r")
    assert [line.read(), line.read()] == ["one", "two"]
    pipe.send_text("\x1b[A\r")
    assert _line(pipe, tmp_path / "history").read() == "two"


def test_a_history_that_cannot_be_written_costs_nothing_else(pipe: Any, tmp_path: Path) -> None:
    line = _line(pipe, tmp_path / "no" / "such" / "folder")
    pipe.send_text("one\r")
    assert line.read() == "one"


def test_ctrl_c_and_ctrl_d(pipe: Any, tmp_path: Path) -> None:
    line = _line(pipe, tmp_path / "history")
    pipe.send_text("half\x03\x04")
    with pytest.raises(KeyboardInterrupt):
        line.read()
    with pytest.raises(EOFError):
        line.read()


def test_somebody_is_listened_to_while_the_prompt_is_there(pipe: Any, tmp_path: Path) -> None:
    presence = Presence()
    touched: List[bool] = []
    presence.touch = lambda: touched.append(presence.listening)  # type: ignore[method-assign]
    pipe.send_text("ab\r")
    assert _line(pipe, tmp_path / "history", presence).read() == "ab"
    assert touched[:2] == [True, True]
    assert not presence.listening


def test_the_toolbar_is_there_only_when_it_says_something(pipe: Any, tmp_path: Path) -> None:
    said: List[Optional[str]] = [None]
    line = _line(pipe, tmp_path / "history", toolbar=lambda: said[0])
    line.refresh_toolbar()
    assert line._session.bottom_toolbar is None
    said[0] = "asleep"
    line.refresh_toolbar()
    assert line._session.bottom_toolbar() == " asleep"
    said[0] = None
    assert line._session.bottom_toolbar() == " "


def test_a_terminal_that_knows_ascii_only_gets_a_plain_prompt(pipe: Any, tmp_path: Path) -> None:
    assert _line(pipe, tmp_path / "history", output=Ascii())._message[0][1] == PLAIN_PROMPT
