from __future__ import annotations

import signal
from typing import Any, Callable, List

import pytest
from prompt_toolkit.input import create_pipe_input
from prompt_toolkit.output import DummyOutput

from sovl_core.cli.session import Session
from sovl_core.error_handling import SOVLError
from sovl_core.events import NightReport, Progress, Utterance

pytestmark = pytest.mark.no_torch

ENTER, CTRL_C, CTRL_D, ESCAPE, CTRL_R = "\r", "\x03", "\x04", "\x1b", "\x12"


@pytest.fixture
def sit(app: Any) -> Callable[..., str]:
    """Return ``sit(*typed)``: a whole session with those keys; returns what was printed."""

    def run(*typed: str) -> str:
        with create_pipe_input() as pipe:
            pipe.send_text("".join(typed))
            assert Session(app, app.system(), input=pipe, output=DummyOutput()).run() == 0
        return str(app.stdout.getvalue())

    return run


def _turns(app: Any) -> List[str]:
    return [prompt for name, prompt in app.opened.calls if name == "generate"]


def test_it_greets_answers_and_leaves(app: Any, sit: Any) -> None:
    printed = sit("Hello there", ENTER, CTRL_D)
    assert "SmolLM2-135M-Instruct · no night yet" in printed
    assert "You said: Hello there\n" in printed
    assert "Saving." in printed
    assert _turns(app) == ["Hello there"]
    assert app.slash is None


def test_slash_commands_and_text_that_begins_with_a_slash(app: Any, sit: Any) -> None:
    printed = sit("/history", ENTER, " /etc is a folder", ENTER, "   ", ENTER, "/quit", ENTER)
    assert "Nothing was said yet" in printed
    assert _turns(app) == ["/etc is a folder"]


def test_panic_ends_the_sitting_for_another_one(app: Any, mocker: Any) -> None:
    from sovl_core.cli import session

    with create_pipe_input() as pipe:
        mocker.patch.object(
            session, "Session", lambda app, system: Session(app, system, input=pipe, output=DummyOutput())
        )
        pipe.send_text("".join(["One", ENTER, "/panic", ENTER, "Two", ENTER, CTRL_D]))
        before = app.system()
        assert session.run_session(app) == 0
    printed = app.stdout.getvalue()
    assert before.closed
    assert before.called("generate") == ["One"]
    assert _turns(app) == ["Two"]
    assert printed.count("/help lists the commands") == 2
    assert "Saving, and starting afresh." in printed
    assert app.slash is None


def test_a_failure_is_explained_and_the_session_goes_on(app: Any, sit: Any) -> None:
    def fail(fields: Any) -> None:
        app.opened.during_generate = lambda fields: None
        raise SOVLError("The reply failed", "Say it again")

    app.system().during_generate = fail
    printed = sit("/wrong", ENTER, "One", ENTER, "Two", ENTER, CTRL_D)
    errors = app.stderr.getvalue()
    assert "There is no command /wrong" in errors
    assert "error: The reply failed\nnext:  Say it again\n" in errors
    assert "You said: Two" in printed


def test_ctrl_c_stops_the_reply_and_not_the_session(app: Any, sit: Any) -> None:
    def stop(fields: Any) -> None:
        app.opened.during_generate = lambda fields: None
        fields["on_text"]("Once upon")
        signal.raise_signal(signal.SIGINT)

    app.system().during_generate = stop
    printed = sit("Tell me a story", ENTER, "Go on", ENTER, CTRL_D)
    assert "Once upon\n(stopped)" in printed
    assert "You said: Go on" in printed


def test_ctrl_c_clears_the_line(app: Any, sit: Any) -> None:
    sit("half a thought", CTRL_C, "a whole one", ENTER, CTRL_D)
    assert _turns(app) == ["a whole one"]


def test_several_lines_are_one_turn(app: Any, sit: Any) -> None:
    sit("one", ESCAPE, ENTER, "two", ENTER, CTRL_D)
    assert _turns(app) == ["one\ntwo"]


def test_pasted_lines_are_one_turn(app: Any, sit: Any) -> None:
    sit("\x1b[200~first\nsecond\x1b[201~", ENTER, CTRL_D)
    assert _turns(app) == ["first\nsecond"]


def test_history_is_kept_in_the_life(app: Any, sit: Any) -> None:
    sit("My dog is called Biscuit", ENTER, CTRL_D)
    assert "Biscuit" in app.opened.life.history_path.read_text()
    sit(CTRL_R, "Biscuit", ENTER, ENTER, CTRL_D)
    assert _turns(app) == ["My dog is called Biscuit"] * 2


def test_the_value_of_a_secret_setting_is_not_kept_in_the_history(app: Any, sit: Any) -> None:
    sit("/config set plugins.web.api_key s3same", ENTER, "my plugins.web.api_key is a riddle", ENTER, CTRL_D)
    kept = app.opened.life.history_path.read_text()
    assert "s3same" not in kept
    assert "a riddle" in kept


def test_a_question_after_a_reply_is_shown(app: Any, sit: Any) -> None:
    app.system().question = "And \x1b[31myours?"
    assert "? And yours?\n" in sit("Mine is red", ENTER, CTRL_D)


def test_a_question_into_the_silence_and_words_that_are_none_look_different(app: Any) -> None:
    with create_pipe_input() as pipe:
        session = Session(app, app.system(), input=pipe, output=DummyOutput())
        session._speak(Utterance("What should I call you?"))
        session._speak(Utterance("glim \x1b[31mglam", question=False))
        session._announcer.show_waiting()
    assert app.stdout.getvalue() == "? What should I call you?\n… glim glam …\n"


def test_a_plugin_that_goes_off_is_named_once(app: Any, sit: Any) -> None:
    from sovl_core.plugin_records import PluginInfo

    def fail(fields: Any) -> None:
        app.opened.infos = [PluginInfo("dream", "sovl-dream", "0.1", [], False, "it raised in on_generate")]

    app.system().during_generate = fail
    printed = sit("One", ENTER, "Two", ENTER, CTRL_D)
    assert printed.count("Plugin 'dream' (sovl-dream 0.1) is off: it raised in on_generate") == 1


def test_a_night_in_the_background_shows_and_is_told_of(app: Any, sit: Any) -> None:
    system = app.system()
    lines: List[Any] = []
    with create_pipe_input() as pipe:
        session = Session(app, system, input=pipe, output=DummyOutput())

        def night(fields: Any) -> None:
            session._board.progress(Progress("training", 1, 2))
            lines.append(session._line._session.bottom_toolbar())
            session._night_ended(NightReport("accepted", learned=[1], number=1))
            lines.append(session._line._session.bottom_toolbar)

        system.during_generate = night
        pipe.send_text("Hello\r\x04")
        session.run()
    assert "asleep · training 1/2" in lines[0]
    assert lines[1] is None
    assert "Night 1 is over: accepted. It learned 1" in app.stdout.getvalue()


def test_a_night_that_fails_again_and_again_is_told_of_once(app: Any, sit: Any) -> None:
    system = app.system()
    with create_pipe_input() as pipe:
        session = Session(app, system, input=pipe, output=DummyOutput())

        def fail(fields: Any) -> None:
            for _ in range(3):
                session._night_ended(SOVLError("Nothing to train"))

        system.during_generate = fail
        pipe.send_text("Hello\r\x04")
        session.run()
    assert app.stdout.getvalue().count("Nothing to train") == 1


def test_the_models_are_loaded_while_the_user_types(app: Any, sit: Any) -> None:
    sit(CTRL_D)
    assert app.opened.called("models") == [None]


def test_models_that_cannot_be_loaded_are_told_of(app: Any, sit: Any) -> None:
    def fail() -> None:
        raise SOVLError("No model", "sovl models pull")

    app.system().models = fail
    sit(CTRL_D)
    assert "error: No model\nnext:  /models pull" in app.stderr.getvalue()
