from __future__ import annotations

import sys
from typing import Any

import click
import pytest

from sovl_core.cli.command_group import SuggestingGroup, TableGroup, UnknownCommand, with_examples
from sovl_core.cli.command_table import SESSION, SHELL, CommandEntry

pytestmark = pytest.mark.no_torch


def test_a_group_names_the_nearest_command_or_all() -> None:
    group = SuggestingGroup("nights", commands={"list": click.Command("list"), "undo": click.Command("undo")})
    context = click.Context(group, info_name="nights")
    with pytest.raises(UnknownCommand, match="Did you mean 'undo'") as near:
        group.resolve_command(context, ["udno"])
    assert near.value.hint == "nights undo"
    with pytest.raises(UnknownCommand, match="There are: list, undo") as far:
        group.resolve_command(context, ["xyzzy"])
    assert far.value.hint == "nights --help"
    with pytest.raises(UnknownCommand, match=r"There are: none\."):
        SuggestingGroup("run").resolve_command(context, ["xyzzy"])
    assert group.resolve_command(context, ["undo", "x"])[2] == ["x"]


def test_commands_are_imported_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("night_commands", "train_command"):
        monkeypatch.delitem(sys.modules, f"sovl_core.cli.{name}", raising=False)
    group = TableGroup("sovl", place=SHELL)
    context = click.Context(group)
    assert "nights" in group.list_commands(context)
    group.format_commands(context, click.HelpFormatter())
    assert "sovl_core.cli.night_commands" not in sys.modules
    assert group.get_command(context, "nights") is not None
    assert "sovl_core.cli.night_commands" in sys.modules
    assert "sovl_core.cli.train_command" not in sys.modules


def test_global_options_belong_to_the_shell() -> None:
    def has_life(command: Any) -> bool:
        return any("--life" in parameter.opts for parameter in command.params)

    context = click.Context(click.Command("x"))
    nights: Any = TableGroup("sovl", place=SHELL).get_command(context, "nights")
    assert has_life(nights)
    assert has_life(nights.commands["undo"])
    assert not has_life(TableGroup("session", place=SESSION).get_command(context, "nights"))
    assert TableGroup("session", place=SESSION).get_command(context, "chat") is None


def test_examples_stand_below_the_help_of_a_copy() -> None:
    entry = CommandEntry("nights", "night_commands:nights", "Learn", "x.", examples=("nights undo",))
    command = with_examples(entry, "/")
    assert command.epilog == "\b\nExamples:\n  /nights undo"
    assert entry.load().epilog is None
