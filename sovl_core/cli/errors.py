"""Failures as the person at the terminal sees them: one readable block that ends with the next thing to type."""

from __future__ import annotations

import errno
import re
import traceback
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from sovl_core.cli.terminal import clean
from sovl_core.masking import masked

if TYPE_CHECKING:
    from rich.console import Console

EXIT_FAILURE = 1
EXIT_BAD_INPUT = 2
EXIT_INTERRUPTED = 130

#: For a wrong setting of which nobody knows any more where it was given.
WHERE_SETTINGS_ARE = (
    "sovl config describe; mend it where it was given: life.toml (sovl config path), an environment variable, or --set"
)


@dataclass(frozen=True)
class Explanation:
    """What failed, what to do next, and the exit status that says so."""

    message: str
    hint: str
    status: int


def explain(error: BaseException) -> Explanation:
    """Return what to tell about a failure, without its traceback."""
    from sovl_core.error_handling import ConfigError, SOVLError, is_out_of_memory

    if isinstance(error, ConfigError) and not error.hint:
        return Explanation(error.message, WHERE_SETTINGS_ARE, error.exit_status)
    if isinstance(error, SOVLError):
        return Explanation(error.message, error.hint or _general_hint(error.exit_status), error.exit_status)
    if isinstance(error, click.ClickException):
        return _explain_usage(error)
    if isinstance(error, (KeyboardInterrupt, click.Abort)):
        return Explanation("Interrupted.", "", EXIT_INTERRUPTED)
    if is_out_of_memory(error):
        return Explanation(
            f"There is not enough memory: {error or 'the allocation failed'}.",
            "Use less, as with --set generation.max_prompt_tokens=512, or another model: sovl models list",
            EXIT_FAILURE,
        )
    if isinstance(error, OSError):
        return _explain_os(error)
    return Explanation(
        f"Unexpected failure: {type(error).__name__}: {error}",
        "Run it again with --debug to see where it happened; what is logged: sovl log --errors",
        EXIT_FAILURE,
    )


def print_error(console: Console, error: BaseException, debug: bool = False, in_session: bool = False) -> int:
    """Print a failure and return the exit status.

    :param console: where errors go.
    :param error: the failure.
    :param debug: print the traceback before the block.
    :param in_session: commands in the hint are typed with a slash; without, they would be said to the life.
    """
    from rich.text import Text

    if debug and not isinstance(error, (click.ClickException, KeyboardInterrupt)):
        trace = "".join(traceback.format_exception(type(error), error, error.__traceback__))
        console.print(Text(clean(masked(trace))), soft_wrap=True)
    explanation = explain(error)
    block = Text("error: ", style="bold red")
    block.append(clean(masked(explanation.message)).strip(), style="default not bold")
    hint = as_slash_commands(explanation.hint) if in_session else explanation.hint
    if hint:
        block.append("\nnext:  ", style="bold")
        block.append(clean(masked(hint)).strip(), style="not bold")
    console.print(block, soft_wrap=True)
    return explanation.status


def as_slash_commands(hint: str) -> str:
    """Return a hint with the commands in it as a session takes them; those that it does not have stay the shell's."""
    from sovl_core.cli.command_table import SESSION, entries

    names = "|".join(re.escape(name) for entry in entries(SESSION) for name in (entry.name, *entry.aliases))
    # Not what is piped into: that is typed in a shell.
    return re.sub(rf"(?<!\| )\bsovl (?:(?=(?:{names})\b)|--(?=help\b))", "/", hint)


def _explain_usage(error: click.ClickException) -> Explanation:
    path = error.ctx.command_path if isinstance(error, click.UsageError) and error.ctx is not None else "sovl"
    hint = getattr(error, "hint", "") or f"{path} --help"
    return Explanation(error.format_message(), hint, EXIT_BAD_INPUT)


def _explain_os(error: OSError) -> Explanation:
    place = f"{error.filename}: " if error.filename else ""
    reason = error.strerror or str(error) or type(error).__name__
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        hint = "Free some space; nothing that was saved before is lost. Where the life lies: sovl config path"
    elif isinstance(error, PermissionError):
        hint = "Check who owns it, or use another folder: sovl --life PATH"
    elif isinstance(error, FileNotFoundError):
        hint = "Check the path; the command's help: sovl --help"
    else:
        hint = "Try again; what is logged: sovl log --errors"
    return Explanation(f"{place}{reason}", hint, EXIT_FAILURE)


def _general_hint(status: int) -> str:
    return "sovl --help" if status == EXIT_BAD_INPUT else "See what is logged: sovl log --errors"
