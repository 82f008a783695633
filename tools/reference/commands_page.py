"""The page of commands: those of the shell, of the session, and of the plugins of this repository."""

from __future__ import annotations

import inspect
from typing import List, Sequence, Tuple

import click

from sovl_core.cli.app_context import AppContext
from sovl_core.cli.command_table import COMMANDS, SECTIONS, SESSION, SHELL, CommandEntry
from sovl_core.cli.global_options import global_parameters
from sovl_core.cli.plugin_click import to_click
from sovl_core.plugin import Command
from tools.reference.markdown import block, code, page, table

INTRODUCTION = """
`sovl COMMAND --help` prints the same. In a session a command is typed with a slash, and `/help COMMAND` explains it.
"""
COLUMNS = ("option", "what it does")


def commands_page(brought: Sequence[Tuple[str, Command]], app: AppContext) -> str:
    """Return the page.

    :param brought: commands of plugins, each with the name of its plugin.
    :param app: what commands are handed: some have options that depend on the plugins that are on.
    """
    parts = [INTRODUCTION, "## Options of every command", _options(global_parameters())]
    for section in SECTIONS:
        parts.append(f"## {section}")
        for entry in COMMANDS:
            if entry.section == section:
                parts += _entry(entry, app)
    parts += ["## Commands of plugins", "In a session `/NAME`, in a shell `sovl run NAME`."]
    for plugin in sorted({plugin for plugin, _ in brought}):
        parts.append(f"### Of {plugin}")
        for command in (command for owner, command in brought if owner == plugin):
            parts += _brought(command, app)
    return page("Commands", *parts)


def _entry(entry: CommandEntry, app: AppContext) -> List[str]:
    shell, session = SHELL in entry.places, SESSION in entry.places
    called = f"sovl {entry.name}" if shell else f"/{entry.name}"
    where = {(True, True): "", (True, False): "In a shell only.", (False, True): "In a session only."}[shell, session]
    also = "Also: " + ", ".join(f"`/{alias}`" for alias in entry.aliases) + "." if entry.aliases else ""
    prefix = "sovl " if shell else "/"
    examples = "\n".join(prefix + example for example in entry.examples)
    shown = _command(entry.load(), called, app, "###", " ".join(part for part in (where, also) if part))
    return [*shown, *([block(examples, "sh" if shell else "text")] if examples else [])]


def _brought(command: Command, app: AppContext) -> List[str]:
    """Return what there is to say of a plugin's command, as it is typed in a session."""
    words = f"Words: {', '.join(map(code, command.words))}." if command.words else ""
    typed = list(dict.fromkeys(f"/{text}" for text in (command.usage, command.example) if text))
    shown = [block("\n".join(typed), "text")] if typed else []
    return [f"#### `/{command.name}`", *_help(command.help), words, *shown, _options(_params(to_click(command), app))]


def _command(command: click.Command, called: str, app: AppContext, heading: str, note: str = "") -> List[str]:
    """Return heading, usage, help and options of a command, and the same of the commands below it."""
    params = _params(command, app)
    usage = _usage(command, params, called)
    parts = [f"{heading} `{called}`", *_help(command.help or ""), note]
    parts += [block(usage, "text")] if usage != called else []
    parts.append(_options(params))
    if isinstance(command, click.Group) and command.commands:
        for name, child in command.commands.items():
            parts += _command(child, f"{called} {name}", app, heading + "#")
    return parts


def _help(text: str) -> List[str]:
    r"""Return a help text's paragraphs; one that begins with ``\b`` keeps its lines."""
    paragraphs = inspect.cleandoc(text).split("\n\n")
    return [block(part.strip()[1:], "text") if part.strip().startswith("\b") else part for part in paragraphs]


def _params(command: click.Command, app: AppContext) -> List[click.Parameter]:
    """Return what a command takes, ``--help`` left out."""
    context = click.Context(command, info_name=command.name, obj=app)
    return [param for param in command.get_params(context) if "--help" not in param.opts]


def _usage(command: click.Command, params: List[click.Parameter], called: str) -> str:
    options = ["[OPTIONS]"] if any(isinstance(param, click.Option) for param in params) else []
    arguments = [_argument(param) for param in params if isinstance(param, click.Argument)]
    alone = isinstance(command, click.Group) and command.invoke_without_command
    below = ["[COMMAND] [ARGS]..." if alone else "COMMAND [ARGS]..."] if isinstance(command, click.Group) else []
    return " ".join(part for part in (called, *options, *arguments, *below) if part)


def _argument(param: click.Parameter) -> str:
    if param.metavar is not None:
        return param.metavar
    name = str(param.name).upper() + ("..." if param.nargs == -1 else "")
    return name if param.required else f"[{name}]"


def _options(params: List[click.Parameter]) -> str:
    options = [param for param in params if isinstance(param, click.Option)]
    return table(COLUMNS, [[_named(option), _said(option)] for option in options]) if options else ""


def _named(option: click.Option) -> str:
    names = [*option.opts, *option.secondary_opts]
    return ", ".join(code(name) for name in names) + (f" `{_value(option)}`" if not option.is_flag else "")


def _value(option: click.Option) -> str:
    if option.metavar:
        return option.metavar
    if isinstance(option.type, click.Choice):
        return "|".join(option.type.choices)
    return {"integer": "N", "integer range": "N", "float": "X", "float range": "X"}.get(option.type.name, "TEXT")


def _said(option: click.Option) -> str:
    parts = [option.help or "", _range(option)]
    # True: the default is a value; text: it is a setting, named in words.
    if isinstance(option.show_default, str):
        parts.append(f"(default: {option.show_default})")
    elif option.show_default and not option.is_flag:
        parts.append(f"(default: `{option.default}`)")
    return " ".join(part for part in parts if part)


def _range(option: click.Option) -> str:
    low, high = getattr(option.type, "min", None), getattr(option.type, "max", None)
    open_below, open_above = getattr(option.type, "min_open", False), getattr(option.type, "max_open", False)
    if None not in (low, high) and not open_below and not open_above:
        return f"({low:.10g} to {high:.10g})"
    said = [] if low is None else [f"{'more than' if open_below else 'at least'} {low:.10g}"]
    said += [] if high is None else [f"{'less than' if open_above else 'at most'} {high:.10g}"]
    return f"({', '.join(said)})" if said else ""
