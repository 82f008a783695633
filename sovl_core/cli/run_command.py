"""Running the commands of plugins: ``run NAME``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Dict, List, Optional

import click

from sovl_core.cli.command_group import SuggestingGroup
from sovl_core.cli.global_options import with_global_options
from sovl_core.cli.plugin_click import to_click
from sovl_core.cli.tables import print_rows

if TYPE_CHECKING:
    from sovl_core.cli.app_context import AppContext
    from sovl_core.plugin import Command


class PluginCommandGroup(SuggestingGroup):
    """The commands that plugins bring; naming them opens the life, because the plugins must have started."""

    def list_commands(self, ctx: click.Context) -> List[str]:
        """Return the names of all plugins' commands."""
        return sorted(_commands(ctx.obj, ctx.resilient_parsing))

    def get_command(self, ctx: click.Context, cmd_name: str) -> Optional[click.Command]:
        """Return one command, None when no plugin brings it."""
        found = _commands(ctx.obj, ctx.resilient_parsing).get(cmd_name)
        if found is None:
            return None
        command = to_click(found)
        return command if ctx.obj.in_session else with_global_options(command)


@click.group("run", cls=PluginCommandGroup, invoke_without_command=True)
@click.pass_context
def run(context: click.Context) -> None:
    """Run a command that a plugin brings; without a name, list them.

    In a session the same commands are typed with a slash: /NAME.
    """
    if context.invoked_subcommand is not None:
        return
    app: AppContext = context.obj
    rows: Dict[str, Any] = {name: command.help.split("\n")[0] for name, command in sorted(_commands(app).items())}
    if rows:
        print_rows(app.out, rows)
    else:
        app.print(app.typed("The plugins that are on bring no commands. See: sovl plugins list"))


def _commands(app: Optional[AppContext], only_look: bool = False) -> Dict[str, Command]:
    # Completion must neither begin a life nor wait for whoever has it open.
    return {} if app is None else app.system(read_only=only_look).commands()
