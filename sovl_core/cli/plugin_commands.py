"""Which plugins there are: ``plugins list|info``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Dict

import click

from sovl_core.cli.command_group import SuggestingGroup
from sovl_core.cli.plugin_catalog import complete_plugin, plugin_manager
from sovl_core.cli.tables import print_rows, print_table

if TYPE_CHECKING:
    from sovl_core.cli.app_context import AppContext
    from sovl_core.plugin_records import PluginInfo


@click.group("plugins", cls=SuggestingGroup, invoke_without_command=True)
@click.pass_context
def plugins(context: click.Context) -> None:
    """List the plugins and tell about one."""
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
    found = _find(manager.infos(), name)
    if as_json:
        app.print_json(plugin_data(found))
        return
    print_rows(app.out, _facts(found))
    if found.settings_model is not None:
        settings = describe_config(found.settings_model, f"plugins.{found.name}")
        if settings:
            app.print("\nSettings", "bold")
            print_settings(app, settings, {found.name: found.settings_model})


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
    }


def _find(infos: Any, name: str) -> PluginInfo:
    from sovl_core.error_handling import BadInput
    from sovl_core.spelling import did_you_mean

    by_name: Dict[str, PluginInfo] = {one.name: one for one in infos}
    if name not in by_name:
        hint = did_you_mean(name, by_name) or "See what is installed: sovl plugins list"
        raise BadInput(f"There is no plugin {name!r} installed.", hint)
    return by_name[name]


def _row(info: PluginInfo) -> Any:
    said = info.summary if info.enabled else f"off: {info.reason or 'no reason given'}"
    return info.name, "yes" if info.enabled else "no", f"{info.distribution} {info.version}", said


def _facts(info: PluginInfo) -> Dict[str, Any]:
    facts = plugin_data(info)
    facts["enabled"] = "yes" if info.enabled else f"no: {info.reason}"
    del facts["reason"]
    return {label: value for label, value in facts.items() if value not in ([], "", None)}
