from __future__ import annotations

import io
import signal
from typing import Any, List

import pytest

from sovl_core.cli.application import run
from sovl_core.cli.piped_session import run_piped
from sovl_core.error_handling import BadInput, SOVLError
from sovl_core.plugin import Command

pytestmark = pytest.mark.no_torch


@pytest.mark.parametrize("arguments", [[], ["chat"]])
def test_each_line_is_a_turn_and_replies_alone_go_to_standard_output(shell: Any, arguments: list) -> None:
    assert shell(*arguments, stdin="One\n\n  Two\r\n") == 0
    assert shell.out == "You said: One\nYou said: Two\n"
    assert shell.err == ""
    assert shell.system.closed


def test_one_conversation_for_all_lines(shell: Any) -> None:
    shell(stdin="One\nTwo\n")
    shell("history", "--json")
    assert shell.out.count('"prompt"') == 2


def test_slash_commands_print_to_standard_error(shell: Any) -> None:
    assert shell(stdin="One\n/history\n/recap\n/config get core.seed\nTwo\n") == 0
    assert shell.out == "You said: One\nYou said: Two\n"
    assert "turns in this life" in shell.err
    assert "42" in shell.err


def test_a_line_that_fails_costs_its_reply_and_the_exit_status(shell: Any) -> None:
    def prepare(system: Any) -> None:
        def fail(fields: Any) -> None:
            system.during_generate = lambda fields: None
            raise SOVLError("The reply failed", "Say it again")

        system.during_generate = fail

    shell.prepare = prepare
    assert shell(stdin="One\nTwo\n") == 1
    assert shell.out == "You said: Two\n"
    assert shell.err == "error: The reply failed\nnext:  Say it again\n"
    assert shell.system.closed


@pytest.mark.parametrize("line", ["/wrong", "/sleep --wrong"])
def test_a_wrong_command_is_bad_input(shell: Any, line: str) -> None:
    assert shell(stdin=f"{line}\nOne\n") == 2
    assert shell.out == "You said: One\n"


def test_the_last_failure_decides(shell: Any) -> None:
    def prepare(system: Any) -> None:
        system.errors = [SOVLError("first"), BadInput("second")]

        def fail(fields: Any) -> None:
            raise system.errors.pop(0)

        system.during_generate = fail

    shell.prepare = prepare
    assert shell(stdin="One\nTwo\n") == 2


def test_quit_ends_it(shell: Any) -> None:
    assert shell(stdin="One\n/quit\nTwo\n") == 0
    assert shell.out == "You said: One\n"


def test_an_interrupt_ends_it_with_130(shell: Any) -> None:
    def prepare(system: Any) -> None:
        system.during_generate = lambda fields: signal.raise_signal(signal.SIGINT)

    shell.prepare = prepare
    assert shell(stdin="One\nTwo\n") == 130
    assert shell.system.called("generate") == ["One"]


def test_a_question_goes_to_standard_error(shell: Any) -> None:
    shell.prepare = lambda system: setattr(system, "question", "And you?")
    assert shell("chat", stdin="Hi\n") == 0
    assert shell.out == "You said: Hi\n"
    assert shell.err == "? And you?\n"


def test_going_on_with_the_last_conversation(shell: Any) -> None:
    shell(stdin="One\n")
    shell("chat", "--continue", stdin="Two\n")
    shell("history", "--json")
    assert shell.out.count('"prompt"') == 2


def test_a_line_that_is_no_text_is_named_and_not_remembered(shell: Any) -> None:
    app = shell.app()
    app.stdin = io.TextIOWrapper(io.BytesIO(b"One\nb\xffd\nTwo\n"), errors="surrogateescape")
    assert run([], app) == 2
    assert app.stdout.getvalue() == "You said: One\nYou said: Two\n"
    assert "error: standard input, line 2: not UTF-8 text\nnext:  " in app.stderr.getvalue()
    assert shell.system.called("generate") == ["One", "Two"]


def test_a_reader_that_goes_away_ends_it_and_what_was_said_is_kept(shell: Any) -> None:
    class Closed(io.StringIO):
        def write(self, text: str) -> int:
            raise BrokenPipeError(32, "Broken pipe")

    app = shell.app(stdin="One\nTwo\n")
    app.stdout = Closed()
    with pytest.raises(BrokenPipeError):
        run_piped(app)
    assert shell.system.called("generate") == ["One"]
    (episode,) = shell.system.journal.episodes()
    assert (episode.prompt, episode.reply) == ("One", "You said: ")
    app.close()


def test_panic_closes_the_life_and_goes_on_with_it_in_another_conversation(shell: Any) -> None:
    lives: List[Any] = []

    def prepare(system: Any) -> None:
        lives.append(system)
        count = f"life number {len(lives)}"
        system.plugin_commands["which"] = Command("which", "Which.", lambda words, options: count)

    shell.prepare = prepare
    assert shell(stdin="One\n/panic\nTwo\n/history\n/which\n") == 0
    assert shell.out == "You said: One\nYou said: Two\n"
    assert "One" not in shell.err
    assert "Two" in shell.err
    assert "life number 2" in shell.err
    before, after = lives
    assert before.closed
    assert after.closed
    assert before.conversation != after.conversation
