"""Finds the class of an installed plugin, and plugins that provide what it requires, to be looked at beside it."""

from __future__ import annotations

from typing import List, Optional, Set, Type

from sovl_core.error_handling import BadInput, PluginError
from sovl_core.plugin import Plugin
from sovl_core.plugin_check import check_class
from sovl_core.plugin_discovery import Discovery, import_plugin
from sovl_core.spelling import did_you_mean


def installed_plugin(name: str, found: Discovery) -> Type[Plugin]:
    """Return the class that the entry point of this name leads to.

    :param found: what is installed.
    :raises BadInput: when none of that name is installed; names the nearest.
    :raises PluginError: when two are, when importing it raises, or when it is no plugin.
    """
    if name in found.conflicts:
        named = " and ".join(str(offer) for offer in found.conflicts[name])
        raise PluginError(f"{named} offer a plugin of the same name, so none of them is loaded", "Remove all but one")
    if name not in found.candidates:
        hint = did_you_mean(name, found.names()) or "Install it first: pip install --editable DIR"
        raise BadInput(f"There is no plugin {name!r} installed", hint)
    plugin: Type[Plugin] = import_plugin(found.candidates[name])
    check_class(plugin, name)
    return plugin


def providers_for(plugin: Type[Plugin], found: Discovery) -> List[Type[Plugin]]:
    """Return installed plugins that provide what this one requires, and what those require in turn.

    A capability that nobody provides is left out: the check that lives with the plugin names it.
    """
    if not plugin.requires:
        return []
    loaded = [_loadable(name, found) for name in sorted(found.candidates)]
    others = [other for other in loaded if other is not None]
    chosen: List[Type[Plugin]] = []
    wanted: Set[str] = set(plugin.requires) - set(plugin.provides)
    while wanted:
        capability = wanted.pop()
        if any(capability in other.provides for other in chosen):
            continue
        for other in others:
            if capability in other.provides and other.name != plugin.name:
                chosen.append(other)
                wanted.update(other.requires)
                break
    return chosen


def _loadable(name: str, found: Discovery) -> Optional[Type[Plugin]]:
    try:
        return installed_plugin(name, found)
    except PluginError:  # it is another one that is looked at
        return None
