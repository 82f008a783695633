"""Switching a plugin on or off for good: ``plugins enable|disable``, written into ``life.toml``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from sovl_core.cli.plugin_catalog import complete_plugin, find_plugin, plugin_manager

if TYPE_CHECKING:
    from sovl_core.cli.app_context import AppContext
    from sovl_core.plugin_records import PluginInfo


@click.command("enable")
@click.argument("name", shell_complete=complete_plugin)
@click.pass_obj
def enable(app: AppContext, name: str) -> None:
    """Switch a plugin on: the next start uses it. What it once learned or kept is there again."""
    found = find_plugin(plugin_manager(app), name)
    _switch(app, found, on=True)
    overruled = _overruled(app, name)
    if overruled:
        app.print(overruled)
    elif not found.enabled and not found.reason.startswith("switched off by"):
        app.print(f"It is off for another reason, which this does not change: {found.reason}")


@click.command("disable")
@click.argument("name", shell_complete=complete_plugin)
@click.pass_obj
def disable(app: AppContext, name: str) -> None:
    """Switch a plugin off: from the next start it is as if not installed. What it learned or keeps stays, unused."""
    manager = plugin_manager(app)
    found = find_plugin(manager, name)
    without = manager.dependants(name) if found.enabled else []
    _switch(app, found, on=False)
    if without:
        app.print(f"Off with it, because they require what it provides: {', '.join(without)}")
    overruled = _overruled(app, name, on=False)
    if overruled:
        app.print(overruled)


def _switch(app: AppContext, found: PluginInfo, on: bool) -> None:
    from sovl_core.cli.config_commands import change_setting

    change_setting(app, f"plugins.{found.name}.enabled", "true" if on else "false")
    # The life that is open keeps the plugins it was opened with.
    when = "from the next start (/panic starts afresh)" if app.opened is not None else "from now on"
    app.print(f"{found.name} is {'on' if on else 'off'} {when}.")


def _overruled(app: AppContext, name: str, on: bool = True) -> str:
    """Return what stands above the settings and says otherwise, "" when nothing does."""
    from sovl_core.plugin_selection import PLUGINS_VARIABLE, PluginSelection

    options = app.options
    table = {name: {"enabled": on}}
    why_off = PluginSelection.from_sources(table, app.environ, options.plugins, options.without).why_off(name)
    if bool(why_off) is not on:
        return ""
    where = "--plugins" if options.plugins is not None else PLUGINS_VARIABLE
    where = "--no-plugin" if name in options.without else where
    return f"But {where} says otherwise, and stands above the settings."
