from __future__ import annotations

from typing import Any, Dict, List

import pytest

from sovl_core.plugin import Command, CommandOption

pytestmark = pytest.mark.no_torch


@pytest.fixture
def with_muse(shell: Any) -> Any:
    def run(words: List[str], options: Dict[str, Any]) -> str:
        return f"musing about {' '.join(words)} {options}"

    def prepare(system: Any) -> None:
        options = (CommandOption("deep", bool),)
        system.plugin_commands["muse"] = Command("muse", "Muse.\n\nAt length.", run, options=options)

    shell.prepare = prepare
    return shell


def test_a_plugins_command_is_run(with_muse: Any) -> None:
    assert with_muse("run", "muse", "the", "sea", "--deep") == 0
    assert with_muse.out == "musing about the sea {'deep': True}\n"


def test_global_options_stand_after_it_too(with_muse: Any) -> None:
    assert with_muse("run", "muse", "--debug") == 0
    assert with_muse.out == "musing about  {}\n"


def test_without_a_name_the_commands_are_listed(with_muse: Any, shell: Any) -> None:
    assert with_muse("run") == 0
    assert "muse  Muse." in with_muse.out
    assert "At length" not in with_muse.out
    shell.prepare = lambda system: None
    assert shell("run") == 0
    assert "bring no commands" in shell.out


def test_an_unknown_name(with_muse: Any) -> None:
    assert with_muse("run", "mues") == 2
    assert "Did you mean 'muse'?" in with_muse.err
    assert with_muse.err.rstrip().endswith("sovl run muse")
