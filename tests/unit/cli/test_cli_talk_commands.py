from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest

from sovl_core.cli.application import run
from sovl_core.error_handling import SOVLError

pytestmark = pytest.mark.no_torch


def test_ask_prints_the_reply_alone(shell: Any) -> None:
    assert shell("ask", "What", "is it?") == 0
    assert shell.out == "You said: What is it?\n"
    assert shell.err == ""
    assert shell.system.closed


def test_ask_reads_the_question_from_standard_input(shell: Any) -> None:
    assert shell("ask", "-", stdin="What is\nit?\n") == 0
    assert shell.out == "You said: What is\nit?\n"
    assert shell("ask", stdin="Piped?\n") == 0
    assert shell.out == "You said: Piped?\n"


def test_ask_nothing_is_bad_input(shell: Any) -> None:
    assert shell("ask", stdin="  \n") == 2
    assert "nothing to ask" in shell.err
    assert shell.err.rstrip().endswith("sovl ask --help")


def test_ask_as_json(shell: Any) -> None:
    assert shell("ask", "Hi\x9b", "--json", "--no-scaffold") == 0
    reply = json.loads(shell.out)
    assert reply["text"] == "You said: Hi\x9b"
    assert reply["tokens"] == 2
    assert reply["finish_reason"] == "stop"
    assert "\x9b" not in shell.out


def test_ask_without_scaffold_and_in_a_new_conversation(shell: Any) -> None:
    seen = []
    shell.prepare = lambda system: setattr(system, "during_generate", lambda fields: seen.append(fields))
    shell("ask", "One")
    shell("ask", "Two", "--no-scaffold")
    shell("ask", "Three", "--continue")
    assert [fields.get("use_scaffold") for fields in seen] == [None, False, None]
    one, two, three = (fields["conversation"] for fields in seen)
    assert one != two
    assert two == three


def test_what_the_model_writes_cannot_command_the_terminal(shell: Any) -> None:
    shell.prepare = lambda system: system.replies.append(["\x1b]0;ow", "ned\x07 red \x1b[3", "1mtext\x9b2J"])
    assert shell("ask", "Hi") == 0
    assert shell.out == " red text\n"


def test_a_question_of_the_system_goes_to_standard_error(shell: Any) -> None:
    shell.prepare = lambda system: setattr(system, "question", "And you?")
    assert shell("ask", "Hi") == 0
    assert shell.out == "You said: Hi\n"
    assert shell.err == "? And you?\n"


def test_tell_puts_each_line_into_the_journal(shell: Any, tmp_path: Path) -> None:
    file = tmp_path / "notes.txt"
    file.write_text("\ufeffMy dog is called Biscuit.\n\n  I live in Riga. \n", encoding="utf-8")
    told = []
    shell.prepare = lambda system: setattr(system, "tell", lambda text: told.append(text))
    assert shell("tell", str(file)) == 0
    assert told == ["My dog is called Biscuit.", "I live in Riga."]
    assert "Told 2 lines" in shell.out


def test_tell_reads_standard_input(shell: Any) -> None:
    assert shell("tell", "-", stdin="One thing.\n") == 0
    assert "Told 1 line; 1 not yet slept on" in shell.out


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "cannot be read"),
        (b"", "nothing in it"),
        (b" \n\n", "nothing in it"),
        (b"good\nb\xffd\n", "line 2: not UTF-8"),
        (b"good\nbad\x00\n", "line 2: this is no text file"),
    ],
)
def test_tell_refuses_what_is_no_text(shell: Any, tmp_path: Path, content: Any, said: str) -> None:
    file = tmp_path / "notes.txt"
    if content is not None:
        file.write_bytes(content)
    assert shell("tell", str(file)) == 2
    assert said in shell.err.replace("\n", " ")
    assert str(file) in shell.err.replace("\n", "")
    assert shell.system is None


def test_an_interrupted_reply_exits_with_130(shell: Any) -> None:
    def interrupted(system: Any) -> None:
        import signal

        system.during_generate = lambda fields: signal.raise_signal(signal.SIGINT)

    shell.prepare = interrupted
    assert shell("ask", "Hi") == 130
    assert shell.system.closed


def test_what_is_piped_in_and_no_text_is_refused_rather_than_remembered(shell: Any) -> None:
    app = shell.app()
    app.stdin = io.TextIOWrapper(io.BytesIO(b"good\nb\xffd\n"), errors="replace")
    assert run(["tell", "-"], app) == 2
    assert "standard input, line 2: not UTF-8" in app.stderr.getvalue()
    app = shell.app()
    app.stdin = io.TextIOWrapper(io.BytesIO("Ünï\n".encode()), encoding="latin-1")
    assert run(["tell", "-"], app) == 0


def test_tell_says_how_far_it_came_and_how_to_go_on(shell: Any, tmp_path: Path) -> None:
    file = tmp_path / "my notes.txt"
    file.write_text("One\n\nTwo\nThree\nFour\n")

    def prepare(system: Any) -> None:
        told, keep = [], system.tell

        def tell(text: str) -> None:
            if len(told) == 2:
                raise SOVLError("The journal could not be written: database or disk is full", "Free some disk space")
            told.append(keep(text))

        system.tell = tell

    shell.prepare = prepare
    assert shell("tell", str(file)) == 1
    assert "error: 2 of 4 lines are in the journal, then this failed: The journal could not be written" in shell.err
    assert f"Free some disk space. To tell the rest: tail -n +4 '{file}' | sovl tell -" in shell.err
    assert shell.out == ""


def test_nothing_on_standard_input_is_named_so(shell: Any) -> None:
    assert shell("tell", "-", stdin=" \n") == 2
    assert "standard input: there is nothing in it" in shell.err


@pytest.mark.parametrize("words", [("-",), ("b\udcffd",)])
def test_a_question_that_is_no_text_is_refused(shell: Any, words: Any) -> None:
    app = shell.app()
    app.stdin = io.TextIOWrapper(io.BytesIO(b"b\xffd\n"), errors="surrogateescape")
    assert run(["ask", *words], app) == 2
    assert "not UTF-8 text" in app.stderr.getvalue()
    assert shell.system is None
