"""Groups of commands that are imported one by one, when they are used."""

from __future__ import annotations

from typing import Any, List, Optional, Tuple

import click

from sovl_core.cli.command_table import SECTIONS, SHELL, CommandEntry, entries, find_entry
from sovl_core.cli.global_options import with_global_options
from sovl_core.cli.terminal import clean
from sovl_core.spelling import nearest


class UnknownCommand(click.UsageError):
    """A subcommand that does not exist; ``hint`` is what to type instead."""

    def __init__(self, message: str, context: click.Context, hint: str) -> None:
        super().__init__(message, context)
        self.hint = hint


class SuggestingGroup(click.Group):
    """A group that answers a mistyped subcommand with the nearest right one."""

    def get_help(self, ctx: click.Context) -> str:
        """Return the help, cleaned: some of it was written by plugins."""
        return clean(super().get_help(ctx))

    def resolve_command(
        self, ctx: click.Context, args: List[str]
    ) -> Tuple[Optional[str], Optional[click.Command], List[str]]:
        """Find the subcommand that the first word names.

        :raises UnknownCommand: when there is none.
        """
        name = args[0]
        command = self.get_command(ctx, name)
        if command is not None or ctx.resilient_parsing:
            return name, command, args[1:]
        known = self.list_commands(ctx)
        guess = nearest(name, known)
        meant = f"Did you mean {guess!r}?" if guess else f"There are: {', '.join(known) or 'none'}."
        hint = f"{ctx.command_path} {guess}" if guess else f"{ctx.command_path} --help"
        raise UnknownCommand(f"There is no command {name!r}. {meant}", ctx, hint)


class TableGroup(SuggestingGroup):
    """The commands of the table that one place offers.

    :param place: ``shell`` or ``session``.
    """

    def __init__(self, *args: Any, place: str = SHELL, **settings: Any) -> None:
        super().__init__(*args, **settings)
        self.place = place

    def list_commands(self, ctx: click.Context) -> List[str]:
        """Return the names in the table's order."""
        return [entry.name for entry in entries(self.place)]

    def get_command(self, ctx: click.Context, cmd_name: str) -> Optional[click.Command]:
        """Import and return one command, None when the place has none of that name."""
        entry = find_entry(cmd_name, self.place)
        if entry is None:
            return None
        command = with_examples(entry, "sovl ")
        return with_global_options(command) if self.place == SHELL else command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands from the table, section by section, importing none of them."""
        offered = entries(self.place)
        for section in SECTIONS:
            rows = [(entry.name, entry.summary) for entry in offered if entry.section == section]
            if rows:
                with formatter.section(section):
                    formatter.write_dl(rows)


def with_examples(entry: CommandEntry, prefix: str) -> click.Command:
    """Return a copy of an entry's command whose help ends with its examples, as typed after ``prefix``."""
    import copy

    command = copy.copy(entry.load())
    if entry.examples:
        lines = "\n".join(f"  {prefix}{example}" for example in entry.examples)
        command.epilog = f"\b\nExamples:\n{lines}"
    return command
