from __future__ import annotations

from typing import Any, List

import pytest
from prompt_toolkit import PromptSession
from prompt_toolkit.input import create_pipe_input
from prompt_toolkit.output import DummyOutput

from sovl_core.cli.announcer import Announcer

pytestmark = pytest.mark.no_torch


def test_without_a_prompt_it_waits_and_keeps_its_order() -> None:
    announcer, shown = Announcer(), []
    announcer.say(lambda: shown.append("one"))
    announcer.say(lambda: shown.append("two"))
    assert shown == []
    announcer.show_waiting()
    announcer.show_waiting()
    assert shown == ["one", "two"]


def test_an_alert_waits_for_nothing_but_a_prompt(mocker: Any) -> None:
    announcer, shown = Announcer(), []
    announcer.say(lambda: shown.append("a note"))
    announcer.alert(lambda: shown.append("an alert"))
    assert shown == ["an alert"]
    announcer._loop = mocker.Mock()
    announcer.alert(lambda: shown.append("above the prompt"))
    assert shown == ["an alert"]
    announcer._loop.call_soon_threadsafe.assert_called_once()
    announcer.show_waiting()
    assert shown == ["an alert", "a note", "above the prompt"]


def test_at_a_prompt_it_is_shown_at_once_and_the_typing_goes_on() -> None:
    announcer = Announcer()
    shown: List[str] = []
    with create_pipe_input() as pipe:
        session: Any = PromptSession(input=pipe, output=DummyOutput())

        def shown_above() -> None:
            shown.append(session.default_buffer.text)
            pipe.send_text(" and typed\r")

        def half_typed(_buffer: Any) -> None:
            if session.default_buffer.text == "half" and not shown:
                announcer.say(shown_above)

        session.default_buffer.on_text_changed += half_typed
        pipe.send_text("half")
        line = session.prompt("> ", pre_run=lambda: announcer.prompt_begins(session.app))
        announcer.prompt_ends()
    assert shown == ["half"]
    assert line == "half and typed"


def test_what_was_waiting_is_shown_when_a_prompt_begins() -> None:
    announcer = Announcer()
    shown: List[str] = []
    with create_pipe_input() as pipe:
        session: Any = PromptSession(input=pipe, output=DummyOutput())

        def show() -> None:
            shown.append("yes")
            pipe.send_text("\r")

        announcer.say(show)
        session.prompt("> ", pre_run=lambda: announcer.prompt_begins(session.app))
    assert shown == ["yes"]


def test_after_the_prompt_nothing_is_lost() -> None:
    announcer, shown = Announcer(), []
    with create_pipe_input() as pipe:
        session: Any = PromptSession(input=pipe, output=DummyOutput())
        pipe.send_text("\r")
        session.prompt("> ", pre_run=lambda: announcer.prompt_begins(session.app))
        announcer.prompt_ends()
    announcer.say(lambda: shown.append("late"))
    assert shown == []
    announcer.show_waiting()
    assert shown == ["late"]
