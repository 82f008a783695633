from __future__ import annotations

from pathlib import Path
from typing import Any, List

import pytest

from sovl_core.cli.global_options import GlobalOptions, split_assignment, split_names

pytestmark = pytest.mark.no_torch

GLOBAL = [
    "--plugins",
    "dream, memory",
    "--no-plugin",
    "muse",
    "--no-plugin",
    "echo",
    "--strict",
    "--trace-hooks",
    "--set",
    "core.seed=7",
    "--set",
    "generation.system_prompt=a=b",
]


@pytest.mark.parametrize("place", range(3))
def test_they_stand_before_or_after_the_subcommand(shell: Any, tmp_path: Path, place: int) -> None:
    words: List[str] = [*GLOBAL, "--life", str(tmp_path / "other")]
    line = [[*words, "nights", "list"], ["nights", *words, "list"], ["nights", "list", *words]][place]
    assert shell(*line) == 0, shell.err
    opened = shell.system.opened_with
    assert shell.system.life.path == tmp_path / "other"
    assert opened["plugins"] == ["dream", "memory"]
    assert opened["without"] == ("muse", "echo")
    assert opened["strict"] is True
    assert opened["trace"] is not None
    assert opened["overrides"] == {"core.seed": "7", "generation.system_prompt": "a=b"}
    assert opened["read_only"] is True


def test_both_places_add_up_and_the_later_wins(shell: Any) -> None:
    arguments = ["--set", "core.seed=1", "--set", "core.device=cpu", "--plugins", "a", "ask", "Hi"]
    assert shell(*arguments, "--set", "core.seed=2", "--plugins", "") == 0
    assert shell.system.opened_with["overrides"] == {"core.seed": "2", "core.device": "cpu"}
    assert shell.system.opened_with["plugins"] == []


def test_nothing_given_leaves_the_choice_to_settings_and_environment(shell: Any) -> None:
    assert shell("ask", "Hi") == 0
    opened = shell.system.opened_with
    assert opened["plugins"] is None
    assert opened["without"] == ()
    assert opened["trace"] is None
    assert opened["strict"] is False
    assert opened["read_only"] is False
    assert opened["environ"] is shell.environ


def test_the_traced_calls_go_to_standard_error(shell: Any) -> None:
    shell.prepare = lambda system: system.opened_with["trace"]("on_generate\x1b[2J dream 0.1 ms")
    assert shell("--trace-hooks", "ask", "Hi") == 0
    assert "on_generate dream 0.1 ms" in shell.err
    assert "on_generate" not in shell.out


def test_the_environment_names_the_life_unless_the_command_line_does() -> None:
    options = GlobalOptions()
    options.apply_environment({"SOVL_LIFE": "~/life", "SOVL_DEBUG": "0"})
    assert options.life == Path("~/life").expanduser()
    assert options.debug is False
    options.apply_environment({"SOVL_LIFE": "/other", "SOVL_DEBUG": "yes"})
    assert options.life == Path("~/life").expanduser()
    assert options.debug is True


def test_a_life_that_is_a_file_is_refused(shell: Any, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("")
    assert shell("--life", str(file), "nights") == 2
    assert "is a file" in shell.err


def test_names_and_assignments() -> None:
    assert split_names(" a, ,b ") == ["a", "b"]
    assert split_assignment(" core.seed = 7 ") == ("core.seed", "7")
    assert split_assignment("a==") == ("a", "=")
