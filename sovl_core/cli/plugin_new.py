"""Writing the distribution of a new plugin: ``plugins new``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from sovl_core.cli.app_context import AppContext


@click.command("new")
@click.argument("name")
@click.option("--hooks", default="", metavar="HOOK,HOOK", help="Hooks to begin with, such as on_dream,on_train_step.")
@click.option("--into", default=".", metavar="DIR", help="Folder to make its own in; here by default.")
@click.pass_obj
def new(app: AppContext, name: str, hooks: str, into: str) -> None:
    """Write a new plugin: a distribution with settings, state and tests, for you to go on with.

    Its folder is called sovl-NAME. The hooks are explained in the reference of hooks.
    """
    from sovl_core.life import quoted
    from sovl_core.new_plugin.distribution import write_distribution
    from sovl_core.new_plugin.names import plugin_names
    from sovl_core.plugin_discovery import discover

    found = discover()
    offers = [*((one.name, one) for one in found.candidates.values())]
    offers += [(name, several[0]) for name, several in found.conflicts.items()]
    names = plugin_names(name, {known: str(offer) for known, offer in offers})
    folder = write_distribution(names, [hook.strip() for hook in hooks.split(",") if hook.strip()], Path(into))
    app.print(f"Written: {folder}, the plugin is in {folder / names.package / 'plugin.py'}")
    app.print("\nNext:")
    # With what its tests need.
    install = f"pip install --editable {quoted(Path(f'{folder}[dev]'))}"
    for step in (install, f"pytest {quoted(folder)}", f"sovl plugins check {name}"):
        app.print(f"  {step}")
