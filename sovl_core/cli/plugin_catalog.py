"""The plugins as they are without an open life: found, imported where they are on, not started."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Dict, List

if TYPE_CHECKING:
    import click
    from click.shell_completion import CompletionItem

    from sovl_core.cli.app_context import AppContext
    from sovl_core.plugin_manager import PluginManager
    from sovl_core.plugin_records import PluginInfo


def plugin_manager(app: AppContext) -> PluginManager:
    """Return the session's plugin manager, or one that has loaded the plugins without starting them.

    A plugin that cannot be loaded is listed with its reason, also under ``--strict``: this is where one looks for it.
    Wrong settings of a plugin, and names of plugins that are not installed, are noted on standard error: they must not
    keep anybody from looking at them and mending them.

    :raises ConfigError: when the settings that say which plugins are on cannot be read.
    """
    if app.opened is not None:
        return app.opened.plugins
    from sovl_core.error_handling import BadInput
    from sovl_core.plugin_manager import PluginManager
    from sovl_core.plugin_selection import PluginSelection
    from sovl_core.system_logging import ThreadSafeLogger

    tables = app.config().plugins
    manager = PluginManager(ThreadSafeLogger(None))
    selection = PluginSelection.from_sources(tables, app.environ, app.options.plugins, app.options.without)
    try:
        manager.load(selection, tables)
    except BadInput as problem:
        app.note(str(problem))
    return manager


def find_plugin(manager: PluginManager, name: str) -> PluginInfo:
    """Return what is known of one plugin.

    :raises BadInput: when none of that name is installed; names the nearest.
    """
    from sovl_core.error_handling import BadInput
    from sovl_core.spelling import did_you_mean

    by_name = {info.name: info for info in manager.infos()}
    if name not in by_name:
        hint = did_you_mean(name, by_name) or "See what is installed: sovl plugins list"
        raise BadInput(f"There is no plugin {name!r} installed.", hint)
    return by_name[name]


def settings_models(manager: PluginManager) -> Dict[str, Any]:
    """Return the settings model of each plugin that brings one, by plugin name."""
    return {info.name: info.settings_model for info in manager.infos() if info.settings_model is not None}


def complete_plugin(context: click.Context, _parameter: click.Parameter, incomplete: str) -> List[CompletionItem]:
    """Complete the name of an installed plugin."""
    from click.shell_completion import CompletionItem

    names = [info.name for info in plugin_manager(context.obj).infos()] if context.obj is not None else []
    return [CompletionItem(name) for name in names if name.startswith(incomplete)]


def complete_setting(context: click.Context, _parameter: click.Parameter, incomplete: str) -> List[CompletionItem]:
    """Complete a dotted key of the settings, the plugins' ones included."""
    from click.shell_completion import CompletionItem

    from sovl_core.system_config import known_keys

    if context.obj is None:
        return []
    models = settings_models(plugin_manager(context.obj))
    return [CompletionItem(key) for key in known_keys(context.obj.config(), models) if key.startswith(incomplete)]
