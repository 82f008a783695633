"""Options that every subcommand takes, before or after its name: which life, which plugins, which settings."""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Dict, List, Mapping, Optional, Tuple

import click


@dataclass
class GlobalOptions:
    """What was given on the command line.

    ``plugins`` None leaves the choice to the environment and the settings; an empty list means no plugin at all.
    ``overrides`` are settings for this run only, by dotted key, still as text.
    """

    life: Optional[Path] = None
    plugins: Optional[List[str]] = None
    without: List[str] = field(default_factory=list)
    strict: bool = False
    trace_hooks: bool = False
    debug: bool = False
    overrides: Dict[str, str] = field(default_factory=dict)

    def apply_environment(self, environ: Mapping[str, str]) -> None:
        """Take ``SOVL_LIFE`` and ``SOVL_DEBUG`` where the command line says nothing."""
        if self.life is None and environ.get("SOVL_LIFE"):
            self.life = Path(environ["SOVL_LIFE"]).expanduser()
        if environ.get("SOVL_DEBUG", "").lower() not in ("", "0", "false", "no"):
            self.debug = True


def global_parameters(hidden: bool = False) -> List[click.Parameter]:
    """Return the click options; their values go to the context object's ``options``, not to the command.

    :param hidden: leave them out of the help text, as below the top level.
    """

    def option(*names: str, **settings: Any) -> click.Option:
        return click.Option(list(names), expose_value=False, hidden=hidden, callback=_store, **settings)

    return [
        option("--life", type=click.Path(), metavar="PATH", help="The life's folder."),
        option("--plugins", metavar="A,B", help="Use these plugins only; an empty list for none."),
        option("--no-plugin", multiple=True, metavar="NAME", help="Leave this plugin out; can be repeated."),
        option("--set", multiple=True, metavar="KEY=VALUE", help="Use another setting for this run; can be repeated."),
        option("--strict", is_flag=True, help="Stop when a plugin fails instead of going on without it."),
        option("--trace-hooks", is_flag=True, help="Show each hook call: plugins, time, results."),
        option("--debug", is_flag=True, help="Show tracebacks."),
    ]


def with_global_options(command: click.Command, hidden: bool = True) -> click.Command:
    """Return a copy of a command, and of a group's subcommands, that takes the global options as well."""
    copied = copy.copy(command)
    copied.params = [*command.params, *global_parameters(hidden)]
    if isinstance(copied, click.Group):
        copied.commands = {name: with_global_options(child, hidden) for name, child in copied.commands.items()}
    return copied


def split_names(text: str) -> List[str]:
    """Return the names of a comma-separated list."""
    return [name.strip() for name in text.split(",") if name.strip()]


def split_assignment(text: str) -> Tuple[str, str]:
    """Return key and value of ``KEY=VALUE``.

    :raises click.BadParameter: when there is no key or no equals sign.
    """
    key, equals, value = text.partition("=")
    if not equals or not key.strip():
        raise click.BadParameter(f"{text!r} is not of the form KEY=VALUE, such as core.seed=7")
    return key.strip(), value.strip()


def _store(context: click.Context, parameter: click.Parameter, value: Any) -> None:
    # A value that was not given must not undo what the same option said before the subcommand's name.
    if not value and not (parameter.name == "plugins" and value == ""):
        return
    options: GlobalOptions = context.obj.options
    if parameter.name == "life":
        options.life = Path(value).expanduser()
    elif parameter.name == "plugins":
        options.plugins = split_names(value)
    elif parameter.name == "no_plugin":
        options.without.extend(name for text in value for name in split_names(text))
    elif parameter.name == "set":
        options.overrides.update(split_assignment(text) for text in value)
    else:
        setattr(options, str(parameter.name), True)
