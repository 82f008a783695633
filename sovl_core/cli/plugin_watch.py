"""Names each plugin that should be on and is not, once: at the start, and when one fails later."""

from __future__ import annotations

from typing import TYPE_CHECKING, Callable, Set

if TYPE_CHECKING:
    from sovl_core.plugin_selection import PluginSelection
    from sovl_core.system import SOVLSystem


class PluginWatch:
    """Compares what was asked for with what is on.

    :param selection: which plugins were asked for.
    :param note: takes one sentence for the person at the terminal.
    """

    def __init__(self, system: SOVLSystem, selection: PluginSelection, note: Callable[[str], None]) -> None:
        self._system = system
        self._selection = selection
        self._note = note
        self._known: Set[str] = set()

    def check(self) -> None:
        """Name the plugins that have been off since the last check without anybody having asked for it."""
        for info in self._system.plugins.infos():
            if info.enabled or info.name in self._known or self._selection.why_off(info.name):
                continue
            self._known.add(info.name)
            reason = info.reason or "no reason given"
            self._note(f"Plugin {info.name!r} is off: {reason}. More: sovl plugins info {info.name}")
