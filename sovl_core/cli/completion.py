"""Completion in the session: slash commands, their options and arguments, files; nothing within plain talk."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Iterable

from prompt_toolkit.completion import CompleteEvent, Completer, Completion, PathCompleter
from prompt_toolkit.document import Document

from sovl_core.cli.slash_commands import SLASH

if TYPE_CHECKING:
    from sovl_core.cli.slash_commands import SlashCommands


class SlashCompleter(Completer):
    """Completes lines that begin with a slash."""

    def __init__(self, commands: SlashCommands) -> None:
        self._commands = commands
        self._paths = PathCompleter(expanduser=True)

    def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterable[Completion]:
        """Yield what the word before the cursor may become."""
        line = document.text_before_cursor
        if not line.startswith(SLASH) or "\n" in line:
            return
        typed = "" if line[-1:].isspace() else line.split()[-1]
        for item in self._commands.complete(line):
            if item.type in ("file", "dir"):
                yield from self._paths.get_completions(Document(typed), complete_event)
            else:
                yield Completion(str(item.value), start_position=-len(typed), display_meta=_meta(item))


def _meta(item: Any) -> str:
    return (item.help or "").split("\n")[0]
