"""Turns an installed plugin into one that is ready to be registered: imported, created, checked, with its settings."""

from __future__ import annotations

from typing import Any, Iterable, List, Mapping, Sequence

from sovl_core.error_handling import BadInput, PluginError
from sovl_core.plugin_check import HookHost, check_class, check_plugin
from sovl_core.plugin_discovery import Candidate
from sovl_core.plugin_import import import_and_measure
from sovl_core.plugin_kinds import HookKind
from sovl_core.plugin_records import PluginRecord, describe_error, place_of
from sovl_core.plugin_selection import PluginSelection
from sovl_core.plugin_settings import make_settings
from sovl_core.spelling import did_you_mean


def prepare(record: PluginRecord, offers: Sequence[Candidate], host: HookHost, kinds: Mapping[str, HookKind]) -> None:
    """Import what one distribution offers, create the plugin, check it, and validate its settings.

    :param record: receives ``plugin``, ``hooks``, ``settings`` and ``notes``; its ``table`` is what the config says.
    :param offers: the entry points of this name; more than one is a conflict in which none is imported.
    :raises PluginError: when it cannot be used.
    :raises ConfigError: when ``record.table`` does not fit its settings.
    """
    if len(offers) > 1:
        named = " and ".join(str(offer) for offer in offers)
        raise PluginError(
            f"{named} offer a plugin of the same name, so none of them is loaded",
            f"Remove all but one: pip uninstall {offers[-1].distribution}",
        )
    found, record.notes = import_and_measure(offers[0])
    check_class(found, record.name)
    plugin = _create(found)
    record.hooks = check_plugin(plugin, host, kinds)
    record.plugin = plugin
    record.settings = make_settings(record.name, plugin.settings_model, record.table)


def unknown_names(selection: PluginSelection, known: Iterable[str]) -> List[BadInput]:
    """Return a mistake for every name that somebody typed and that is not among ``known``."""
    names = sorted(known)
    installed = f"Installed are {', '.join(names)}." if names else "No plugin is installed."
    return [
        BadInput(f"no plugin named {name!r} is installed", did_you_mean(name, names) or installed)
        for name in sorted(selection.named.union(selection.only or ()).difference(names))
    ]


def _create(found: Any) -> Any:
    try:
        return found()
    except Exception as error:  # the constructor is the plugin's own code
        where = place_of(error, found)
        # Nothing of its own on the stack: it was the call itself that did not fit.
        hint = "" if where else "Its __init__ takes nothing but self; what the kernel hands over comes with on_start"
        raise PluginError(
            f"creating it raised {describe_error(error)}" + (f" ({where})" if where else ""), hint
        ) from error
