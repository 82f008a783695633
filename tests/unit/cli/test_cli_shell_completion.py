from __future__ import annotations

from typing import Any, Callable, List

import pytest

from sovl_core.plugin import Command, CommandOption

pytestmark = pytest.mark.no_torch


@pytest.fixture
def tab(shell: Any, monkeypatch: Any, capsys: Any) -> Callable[[str], List[str]]:
    def press(line: str) -> List[str]:
        words = line.split(" ")
        shell.environ = {"_SOVL_COMPLETE": "bash_complete"}
        monkeypatch.setenv("COMP_WORDS", line)
        monkeypatch.setenv("COMP_CWORD", str(len(words) - 1))
        shell()
        return [found.split(",")[1] for found in capsys.readouterr().out.splitlines()]

    return press


def test_the_shell_is_given_a_script(shell: Any, capsys: Any) -> None:
    shell.environ = {"_SOVL_COMPLETE": "zsh_source"}
    assert shell() == 0
    assert "_SOVL_COMPLETE=zsh_complete" in capsys.readouterr().out
    assert shell.system is None


def test_commands_options_and_settings_are_completed(tab: Any) -> None:
    assert tab("sovl ni") == ["nights"]
    assert "undo" in tab("sovl nights ")
    assert tab("sovl sleep --de") == ["--deep"]
    assert "generation.temperature" in tab("sovl config set generation.t")


def test_commands_of_plugins_are_looked_up_without_beginning_or_holding_a_life(shell: Any, tab: Any) -> None:
    def prepare(system: Any) -> None:
        options = (CommandOption("mood", choices=("calm", "wild")),)
        system.plugin_commands["muse"] = Command("muse", "Muse.", lambda words, options: "", options=options)

    shell.prepare = prepare
    assert tab("sovl run m") == ["muse"]
    assert tab("sovl run muse --mood ") == ["calm", "wild"]
    assert shell.system.opened_with["read_only"] is True
    assert shell.system.closed


def test_what_fails_prints_nothing_into_the_line(shell: Any, tab: Any) -> None:
    def fail(system: Any) -> None:
        raise RuntimeError("no life here")

    shell.prepare = fail
    assert tab("sovl run m") == []
    assert shell.err == ""
