"""Makes a click command out of the command that a plugin brings, for ``sovl run`` and for the session alike."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Dict, List

import click

from sovl_core.cli.terminal import clean

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from sovl_core.plugin import Command, CommandOption


class CleanCommand(click.Command):
    """A command whose help somebody else has written."""

    def get_help(self, ctx: click.Context) -> str:
        """Return the help without control sequences."""
        return clean(super().get_help(ctx))


def to_click(command: Command) -> click.Command:
    """Return a click command that parses words and options and prints what the plugin's command returns."""

    def complete(_context: click.Context, _parameter: click.Parameter, incomplete: str) -> List[CompletionItem]:
        from click.shell_completion import CompletionItem

        words = (word for word in command.words if word == clean(word))
        return [CompletionItem(word) for word in words if word.startswith(incomplete)]

    @click.pass_obj
    def call(app: Any, /, words: Any, **given: Any) -> None:
        names = {parameter_name(option): option.name for option in command.options}
        # An option without a default that was not given is left out: the plugin's own setting holds then.
        options: Dict[str, Any] = {names[key]: value for key, value in given.items() if value is not None}
        text = command.run(list(words), options)
        if text:
            app.print(str(text).rstrip("\n"))

    words = click.Argument(["words"], nargs=-1, metavar="[WORDS]..." if command.words else "", shell_complete=complete)
    return CleanCommand(
        command.name,
        callback=call,
        params=[words, *(_option(option) for option in command.options)],
        help=_help(command),
        short_help=command.help.strip().split("\n")[0],
    )


def parameter_name(option: CommandOption) -> str:
    """Return the name under which click hands the option over; prefixed, so that it clashes with no other."""
    return "option_" + option.name.lstrip("-").replace("-", "_").replace(".", "_").lower()


def _option(option: CommandOption) -> click.Option:
    name = "--" + option.name.lstrip("-").replace("_", "-")
    declared = [name, parameter_name(option)]
    if option.type is bool:
        declared[0] = f"{name}/--no-{name[2:]}"
    return click.Option(
        declared, type=_type(option), default=option.default, help=option.help, show_default=option.default is not None
    )


def _type(option: CommandOption) -> Any:
    if option.choices:
        return click.Choice(list(option.choices))
    if option.type is int:
        low = None if option.minimum is None else int(option.minimum)
        high = None if option.maximum is None else int(option.maximum)
        return click.IntRange(low, high)
    if option.type is float:
        return click.FloatRange(option.minimum, option.maximum)
    return click.BOOL if option.type is bool else click.STRING


def _help(command: Command) -> str:
    parts = [command.help.strip()]
    if command.words:
        parts.append(f"Words: {', '.join(command.words)}.")
    if command.usage:
        parts.append(f"\b\nUsage:\n  {command.usage}")
    if command.example:
        parts.append(f"\b\nExample:\n  {command.example}")
    return "\n\n".join(parts)
