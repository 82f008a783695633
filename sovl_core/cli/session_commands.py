"""Slash commands that only make sense within a session: ``/help``, ``/new``, ``/save``, ``/load``, ``/quit`` ..."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Dict, Optional

import click

from sovl_core.cli.tables import print_rows
from sovl_core.error_handling import BadInput
from sovl_core.life import JOURNAL_NAME

if TYPE_CHECKING:
    from sovl_core.cli.app_context import AppContext

KEYS = {
    "Tab": "complete a command, an option, a setting, a plugin",
    "Ctrl-C": "stop the reply, end the night early, or clear the line",
    "Ctrl-D": "save and leave",
    "Alt-Enter": "begin a new line within what you say",
    "Up, Ctrl-R": "what you typed before",
}


class LeaveSession(Exception):
    """Raised by ``/quit``; caught by the session."""


class RestartSession(Exception):
    """Raised by ``/panic`` and ``/load``; whoever runs the session closes the life and begins another sitting."""


@click.command("help")
@click.argument("command", required=False)
@click.pass_obj
def show_help(app: AppContext, command: Optional[str]) -> None:
    """List the commands, or explain one."""
    if command is not None:
        app.print(app.require_slash().help_of(command.lstrip("/")))
        return
    sections: Dict[str, Dict[str, str]] = {}
    for one in app.require_slash().listed():
        sections.setdefault(one.section, {})[f"/{one.name}"] = one.summary
    for title, rows in sections.items():
        print_rows(app.out, rows, title)
        app.print()
    print_rows(app.out, KEYS, "Keys")
    app.print("\nAnything else is said to it. More about one command: /help NAME", "dim")


@click.command("new")
@click.pass_obj
def new(app: AppContext) -> None:
    """Begin another conversation; what was said stays in the journal."""
    app.system().new_conversation()
    app.last_episode = None
    app.print("A new conversation.", "dim")


@click.command("save")
@click.pass_obj
def save(app: AppContext) -> None:
    """Save now; leaving saves too. What was said is in the journal already."""
    app.system().save()
    app.print("Saved.", "dim")


@click.command("panic")
def panic() -> None:
    """Save everything and start afresh.

    The models are given up, the life is closed and opened again, and another conversation begins. What was tuned for
    the session is as the settings say, and a plugin that was switched off after a failure gets another chance. A night
    in the background ends early; the next sleep goes on with it.
    """
    raise RestartSession


@click.command("load")
@click.argument("folder", required=False, type=click.Path(file_okay=False, path_type=Path), metavar="[FOLDER]")
@click.pass_obj
def load(app: AppContext, folder: Optional[Path]) -> None:
    """Save, and go on with the life in FOLDER, or with this one as it is on the disk.

    A life is a folder; a night of this one is gone back to with /nights use N.
    """
    if folder is not None:
        folder = folder.expanduser()
        if not (folder / JOURNAL_NAME).is_file():
            raise BadInput(f"{folder} holds no life", "A new one begins with: sovl --life FOLDER")
        app.options.life = folder
    raise RestartSession


@click.command("quit")
def leave() -> None:
    """Save and leave (also Ctrl-D)."""
    raise LeaveSession
