from __future__ import annotations

import io
import signal
from typing import Any, List

import pytest

from sovl_core.cli.replies import ReplyPrinter
from sovl_core.cli.turns import STOPPING, choose_conversation, take_turn, waiting_text

pytestmark = pytest.mark.no_torch


def test_the_reply_streams_and_fields_are_handed_on(app: Any, system: Any) -> None:
    seen: List[Any] = []
    system.during_generate = seen.append
    stream = io.StringIO()
    reply = take_turn(app, system, "Hi", ReplyPrinter(stream), use_scaffold=False)
    assert stream.getvalue() == f"{reply.text}\n" == "You said: Hi\n"
    assert seen[0]["use_scaffold"] is False


def test_without_a_printer_nothing_is_streamed(app: Any, system: Any) -> None:
    seen: List[Any] = []
    system.during_generate = seen.append
    assert take_turn(app, system, "Hi", None).text == "You said: Hi"
    assert seen[0]["on_text"] is None


def test_an_interrupt_before_the_first_word_is_acknowledged(app: Any, system: Any) -> None:
    system.during_generate = lambda fields: signal.raise_signal(signal.SIGINT)
    assert take_turn(app, system, "Hi", ReplyPrinter(io.StringIO())).finish_reason == "cancelled"
    assert STOPPING in app.stderr.getvalue()


def test_a_second_interrupt_forces_the_end(app: Any, system: Any) -> None:
    def twice(fields: Any) -> None:
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)

    system.during_generate = twice
    with pytest.raises(KeyboardInterrupt):
        take_turn(app, system, "Hi", ReplyPrinter(io.StringIO()))


def test_what_is_waited_for(system: Any) -> None:
    assert waiting_text(system) == "thinking"
    system.models_loaded = False
    assert waiting_text(system) == "loading the model"


def test_the_conversation_of_one_question(app: Any) -> None:
    system = app.system()
    fresh = system.conversation
    assert choose_conversation(app, system, False) == fresh
    assert choose_conversation(app, system, True) == fresh
    system.journal.begin_episode("Hi", "earlier")
    assert choose_conversation(app, system, True) == "earlier"
    app.slash = object()
    assert choose_conversation(app, system, True) == fresh
    assert choose_conversation(app, system, False) not in (fresh, "earlier")
