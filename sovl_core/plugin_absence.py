"""Plugins that the current night was lived with and that are not here today: named, with what to type.

What they learned is kept with each night (see ``night_weights`` and ``state_files``), but nothing uses it meanwhile.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Dict, List, Mapping, Sequence

if TYPE_CHECKING:
    from sovl_core.journal import Journal
    from sovl_core.plugin_records import PluginInfo
    from sovl_core.plugin_selection import PluginSelection


NOT_INSTALLED = "not installed"


def absent_plugins(journal: Journal, infos: Sequence[PluginInfo], selection: PluginSelection) -> List[str]:
    """Return notes on the plugins of the current night that are not installed, or were switched off: one a reason.

    One that is on but could not be loaded is left out: it says so itself.

    :param infos: of all plugins that are installed or registered.
    :param selection: what was asked for.
    """
    number = journal.current_night()
    record = journal.night(number) if number is not None else None
    if record is None:
        return []
    known = {info.name: info for info in infos}
    absent: Dict[str, List[str]] = {}
    for name in record.plugins:
        reason = selection.why_off(name) if name in known else NOT_INSTALLED
        if reason and not (name in known and known[name].enabled):
            absent.setdefault(reason, []).append(name)
    return [
        f"Night {number} was lived with {_listed(names)}: {reason}. What was learned with that is kept, and waits. "
        + _way_back(reason, names, record.plugins, selection)
        for reason, names in absent.items()
    ]


def _listed(names: List[str]) -> str:
    return f"the plugin{'' if len(names) == 1 else 's'} {', '.join(names)}"


def _way_back(reason: str, names: List[str], origins: Mapping[str, str], selection: PluginSelection) -> str:
    """Return what to type for plugins that are absent for the same reason."""
    if reason == NOT_INSTALLED:
        distributions = [origins[name].split(" ")[0] or name for name in names]
        return f"Install what is missing: pip install {' '.join(distributions)}"
    if selection.disabled.difference(selection.named).issuperset(names):
        return f"Switch it on: sovl config set plugins.{names[0]}.enabled true"
    return "Leave out --no-plugin to use it" if selection.disabled.issuperset(names) else "Choose it too to use it"
