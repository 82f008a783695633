from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any, Dict

import pytest

from sovl_core.cli.command_table import SHELL, entries
from sovl_core.error_handling import BadInput, ModelNotFound, SOVLError

pytestmark = pytest.mark.no_torch

PROBE = """
import sys
from sovl_core.cli.application import run
status = run(sys.argv[1:])
print("|".join(sorted(name for name in sys.modules)), file=sys.stderr)
sys.exit(status)
"""


def _loaded_modules(folder: Path, *arguments: str) -> set:
    environment: Dict[str, str] = {**os.environ, "SOVL_LIFE": str(folder)}
    done = subprocess.run(
        [sys.executable, "-c", PROBE, *arguments], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout
    return set(done.stderr.rpartition("\n|")[2].strip().split("|"))


HEAVY = {"torch", "transformers", "peft", "accelerate", "huggingface_hub", "tokenizers", "numpy"}


@pytest.mark.parametrize("arguments", [["--help"], ["--version"]])
def test_help_imports_next_to_nothing(tmp_path: Path, arguments: list) -> None:
    loaded = _loaded_modules(tmp_path, *arguments)
    assert "click" in loaded
    assert not loaded & (HEAVY | {"rich", "prompt_toolkit", "sqlite3", "tomlkit", "platformdirs"})


@pytest.mark.parametrize(
    "arguments",
    [
        ["plugins", "list"],
        ["plugins", "list", "--json"],
        ["config", "describe"],
        ["config", "get"],
        ["log"],
        ["sleep", "--help"],
        ["chat", "--help"],
    ],
)
def test_looking_around_imports_no_torch(tmp_path: Path, arguments: list) -> None:
    assert not _loaded_modules(tmp_path, *arguments) & HEAVY


def test_every_command_of_the_table_exists_and_is_summed_up_alike(shell: Any) -> None:
    for entry in entries(SHELL):
        command = entry.load()
        assert command.name == entry.name
        assert shell(entry.name, "--help") == 0, shell.err
        if entry.name != "chat":
            summary = " ".join((command.help or "").split())
            assert summary.startswith(entry.summary.rstrip(".")), entry.name


def test_help_lists_every_command_under_its_section(capsys: Any, shell: Any) -> None:
    assert shell("--help") == 0
    printed = capsys.readouterr().out
    for entry in entries(SHELL):
        assert f"  {entry.name} " in printed
    assert printed.index("Talk:") < printed.index("Learn:") < printed.index("Set up:")


def test_version(capsys: Any, shell: Any) -> None:
    from sovl_core import __version__

    assert shell("--version") == 0
    assert capsys.readouterr().out == f"sovl {__version__}\n"


@pytest.mark.parametrize(
    ("arguments", "said", "next_step"),
    [
        (["slep"], "Did you mean 'sleep'?", "sovl sleep"),
        (["xyzzy"], "There is no command 'xyzzy'", "sovl --help"),
        (["nights", "shwo"], "Did you mean 'show'?", "sovl nights show"),
        (["sleep", "--wrong"], "No such option", "sovl sleep --help"),
        (["--wrong"], "No such option", "sovl --help"),
        (["train"], "Missing argument", "sovl train --help"),
        (["dream", "--count", "0"], "0 is not in the range", "sovl dream --help"),
        (["sleep", "--set", "nothing"], "KEY=VALUE", "sovl sleep --help"),
    ],
)
def test_bad_input_is_explained_and_exits_with_2(shell: Any, arguments: list, said: str, next_step: str) -> None:
    assert shell(*arguments) == 2
    assert said in shell.err
    assert shell.err.splitlines()[-1].endswith(next_step)
    assert shell.out == ""
    assert "Traceback" not in shell.err


def _failing(error: BaseException) -> Any:
    def prepare(system: Any) -> None:
        def fail(fields: Any) -> None:
            raise error

        system.during_generate = fail

    return prepare


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (ModelNotFound("no model", "sovl models list"), 1),
        (BadInput("bad"), 2),
        (SOVLError("broken"), 1),
        (RuntimeError("surprise"), 1),
        (MemoryError(), 1),
        (KeyboardInterrupt(), 130),
        (OSError(28, "No space left on device", "/life"), 1),
    ],
)
def test_failures_have_their_exit_status_and_no_traceback(shell: Any, error: BaseException, status: int) -> None:
    shell.prepare = _failing(error)
    assert shell("ask", "Hi") == status
    assert shell.err.startswith("error: ")
    assert "Traceback" not in shell.err
    assert shell.system.closed


def test_debug_shows_the_traceback_before_the_block(shell: Any) -> None:
    shell.prepare = _failing(RuntimeError("surprise"))
    assert shell("ask", "Hi", "--debug") == 1
    assert "Traceback" in shell.err
    assert shell.err.index("Traceback") < shell.err.index("error: ")


def test_debug_can_be_asked_for_by_the_environment(shell: Any) -> None:
    shell.environ["SOVL_DEBUG"] = "1"
    shell.prepare = _failing(RuntimeError("surprise"))
    assert shell("ask", "Hi") == 1
    assert "Traceback" in shell.err


def test_a_life_that_cannot_be_saved_is_a_failure(shell: Any) -> None:
    def prepare(system: Any) -> None:
        closing = system.close

        def fail() -> None:
            closing()
            raise SOVLError("the disk is full", "Make room")

        system.close = fail

    shell.prepare = prepare
    assert shell("ask", "Hi") == 1
    assert shell.out == "You said: Hi\n"
    assert "the disk is full" in shell.err


@pytest.mark.parametrize(("closing_says", "notes"), [("the disk is full", 0), ("the state could not be saved", 1)])
def test_what_fails_at_closing_hides_no_failure_before_it(shell: Any, closing_says: str, notes: int) -> None:
    def prepare(system: Any) -> None:
        closing = system.close

        def fail_closing() -> None:
            closing()
            raise SOVLError(closing_says)

        def fail(fields: Any) -> None:
            raise SOVLError("the disk is full", "Make room")

        system.during_generate, system.close = fail, fail_closing

    shell.prepare = prepare
    assert shell("ask", "Hi") == 1
    assert shell.err.endswith("error: the disk is full\nnext:  Make room\n")
    assert shell.err.count("When the life was closed, this failed too: the state could not be saved") == notes


def test_a_request_to_terminate_closes_the_life(shell: Any) -> None:
    shell.prepare = lambda system: setattr(
        system, "during_generate", lambda fields: signal.raise_signal(signal.SIGTERM)
    )
    with pytest.raises(SystemExit) as leaving:
        shell("ask", "Hi")
    assert leaving.value.code == 128 + signal.SIGTERM
    assert shell.system.closed


def test_a_reader_that_goes_away_is_no_traceback(tmp_path: Path) -> None:
    environment = {**os.environ, "SOVL_LIFE": str(tmp_path)}
    command = [sys.executable, "-m", "sovl_core.cli", "config", "describe", "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        complaints = process.stderr.read().decode()
    assert process.returncode == 1
    assert complaints == ""
