"""Slash commands of the session: the same click commands as the shell's, parsed from a typed line.

The kernel's come from the table, the plugins' from the open life; of two with one name the kernel's wins, and the
plugin's is typed as ``/run NAME``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Dict, List, Mapping, Optional, Tuple

import click

from sovl_core.cli.command_group import with_examples
from sovl_core.cli.command_table import SECTIONS, SESSION, CommandEntry, entries, find_entry
from sovl_core.cli.plugin_click import to_click
from sovl_core.error_handling import BadInput
from sovl_core.spelling import nearest

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from sovl_core.cli.app_context import AppContext
    from sovl_core.plugin import Command

SLASH = "/"
PLUGIN_SECTION = "From plugins"


@dataclass(frozen=True)
class Listed:
    """A command as help lists it."""

    name: str
    summary: str
    section: str
    aliases: Tuple[str, ...] = ()


class SlashCommands:
    """Everything that can be typed after a slash.

    :param app: handed to each command.
    :param plugin_commands: the plugins' commands by name.
    """

    def __init__(self, app: AppContext, plugin_commands: Mapping[str, Command]) -> None:
        self._app = app
        self._plugin_commands: Dict[str, Command] = {
            name: command for name, command in plugin_commands.items() if find_entry(name, SESSION) is None
        }

    def listed(self) -> List[Listed]:
        """Return all commands, section by section in the order of help."""
        offered = entries(SESSION)
        kernel = [
            Listed(entry.name, entry.summary, section, entry.aliases)
            for section in SECTIONS
            for entry in offered
            if entry.section == section
        ]
        brought = sorted(self._plugin_commands.items())
        return kernel + [Listed(name, command.help.split("\n")[0], PLUGIN_SECTION) for name, command in brought]

    def names(self) -> List[str]:
        """Return every name and alias."""
        return [name for one in self.listed() for name in (one.name, *one.aliases)]

    def find(self, name: str) -> click.Command:
        """Return the command of a name.

        :raises BadInput: when there is none; names the nearest.
        """
        entry: Optional[CommandEntry] = find_entry(name, SESSION)
        if entry is not None:
            return with_examples(entry, SLASH)
        if name in self._plugin_commands:
            return to_click(self._plugin_commands[name])
        guess = nearest(name, self.names())
        hint = f"Did you mean /{guess}?" if guess else "All commands: /help"
        raise BadInput(f"There is no command /{name}. {hint}", "To say this as a text, put a space before the slash")

    def run(self, line: str) -> int:
        """Run what was typed.

        :param line: the line with its slash.
        :return: exit status, 0 when all went well.
        :raises click.ClickException: when the words do not fit the command.
        :raises SOVLError: what the command raises.
        """
        words = split_words(line[len(SLASH) :])
        # "/no, it is Biscuit" is how it is said; no command ends in a comma or colon.
        name = words[0].rstrip(",:") or words[0] if words else "help"
        command = self.find(name)
        entry = find_entry(name, SESSION)
        if entry is not None and entry.free_text:
            words = line[len(SLASH) :].split()
        try:
            with command.make_context(SLASH + name, words[1:], obj=self._app) as context:
                result = command.invoke(context)
        except click.exceptions.Exit as leaving:
            return leaving.exit_code
        return result if isinstance(result, int) else 0

    def help_of(self, name: str) -> str:
        """Return the full help text of a command.

        :raises BadInput: when there is none of that name.
        """
        command = self.find(name)
        with command.make_context(SLASH + name, [], obj=self._app, resilient_parsing=True) as context:
            return command.get_help(context)

    def complete(self, line: str) -> List[CompletionItem]:
        """Return what the last word of a line may become, with what it stands for.

        :param line: what was typed before the cursor, with its slash.
        """
        from click.shell_completion import CompletionItem, ShellComplete

        words = split_words(line[len(SLASH) :])
        incomplete = "" if not words or line[-1:].isspace() else words.pop()
        if not words:
            found = [one for one in self.listed() if one.name.startswith(incomplete)]
            return [CompletionItem(SLASH + one.name, help=one.summary) for one in found]
        try:
            command = self.find(words[0])
            completer = ShellComplete(command, {"obj": self._app}, SLASH + words[0], "")
            return completer.get_completions(words[1:], incomplete)
        except (click.ClickException, click.exceptions.Exit, BadInput):  # nothing to propose for a wrong line
            return []


def split_words(line: str) -> List[str]:
    """Return the words of a line; quotes group words only where they stand around whole words.

    An apostrophe is no quote: ``/no my dog's name`` needs no escaping.
    """
    words: List[str] = []
    position = 0
    while position < len(line):
        if line[position].isspace():
            position += 1
            continue
        end = _end_of_quoted(line, position)
        if end is not None:
            words.append(line[position + 1 : end])
            position = end + 1
            continue
        start = position
        while position < len(line) and not line[position].isspace():
            position += 1
        words.append(line[start:position])
    return words


def _end_of_quoted(line: str, start: int) -> Optional[int]:
    """Return where the quote that opens at ``start`` is closed at the end of a word, None when it is no quote."""
    quote = line[start]
    if quote not in "\"'":
        return None
    end = line.find(quote, start + 1)
    while end != -1:
        if end + 1 == len(line) or line[end + 1].isspace():
            return end
        end = line.find(quote, end + 1)
    return None
