"""Which plugins there are: ``plugins list|info|order``; the group that the other commands are in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Dict

import click

from sovl_core.cli.command_group import SuggestingGroup
from sovl_core.cli.plugin_catalog import complete_plugin, find_plugin, plugin_manager
from sovl_core.cli.plugin_conformance import check
from sovl_core.cli.plugin_new import new
from sovl_core.cli.plugin_switches import disable, enable
from sovl_core.cli.tables import print_rows, print_table

if TYPE_CHECKING:
    from sovl_core.cli.app_context import AppContext
    from sovl_core.plugin_records import PluginInfo


@click.group("plugins", cls=SuggestingGroup, invoke_without_command=True)
@click.pass_context
def plugins(context: click.Context) -> None:
    """List the plugins, tell about one, switch one on or off, begin one of your own."""
    if context.invoked_subcommand is None:
        context.invoke(list_plugins)


@plugins.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print them as JSON.")
@click.pass_obj
def list_plugins(app: AppContext, as_json: bool = False) -> None:
    """List the installed plugins in the order in which they are called: on or off, and why."""
    infos = plugin_manager(app).infos()
    if as_json:
        app.print_json([plugin_data(info) for info in infos])
        return
    if not infos:
        app.print('No plugin is installed. All of SOVL\'s own: pip install "sovl[all]"')
        return
    columns = ("plugin", "on", "distribution", "what it does, or why it is off")
    print_table(app.out, columns, [_row(info) for info in infos])


@plugins.command("info")
@click.argument("name", shell_complete=complete_plugin)
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
@click.pass_obj
def info(app: AppContext, name: str, as_json: bool) -> None:
    """Tell about one plugin: its hooks, what it needs, its settings."""
    from sovl_core.cli.config_commands import print_settings
    from sovl_core.system_config import describe_config

    manager = plugin_manager(app)
    found = find_plugin(manager, name)
    if as_json:
        app.print_json(plugin_data(found))
        return
    print_rows(app.out, _facts(found))
    if found.settings_model is not None:
        settings = describe_config(found.settings_model, f"plugins.{found.name}")
        if settings:
            app.print("\nSettings", "bold")
            print_settings(app, settings, {found.name: found.settings_model})


@plugins.command("order")
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
@click.pass_obj
def order(app: AppContext, as_json: bool) -> None:
    """Show in which order the plugins are called, and which of their declarations decided it.

    The first one is asked first, and stands outermost around a reply; where nothing decides, names do.
    """
    placed = plugin_manager(app).order()
    if as_json:
        app.print_json([{"name": place.name, "why": list(place.why)} for place in placed])
    elif placed:
        rows = [(str(number), place.name, "\n".join(place.why)) for number, place in enumerate(placed, 1)]
        print_table(app.out, ("", "plugin", "because"), rows)
    else:
        app.print(app.typed("No plugin is on. See: sovl plugins list"))


plugins.add_command(enable)
plugins.add_command(disable)
plugins.add_command(new)
plugins.add_command(check)


def plugin_data(info: PluginInfo) -> Dict[str, Any]:
    """Return what ``plugins list --json`` tells of one plugin."""
    return {
        "name": info.name,
        "distribution": info.distribution,
        "version": info.version,
        "hooks": list(info.hooks),
        "enabled": info.enabled,
        "reason": info.reason,
        "summary": info.summary,
        "provides": list(info.provides),
        "after": list(info.after),
        "before": list(info.before),
        "requires": list(info.requires),
        "hook_api": info.hook_api,
        "notes": list(info.notes),
    }


def _row(info: PluginInfo) -> Any:
    said = info.summary if info.enabled else f"off: {info.reason or 'no reason given'}"
    return info.name, "yes" if info.enabled else "no", f"{info.distribution} {info.version}", said


def _facts(info: PluginInfo) -> Dict[str, Any]:
    facts = plugin_data(info)
    facts["enabled"] = "yes" if info.enabled else f"no: {info.reason}"
    del facts["reason"]
    return {label: value for label, value in facts.items() if value not in ([], "", None)}
