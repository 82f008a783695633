"""Names each plugin that should be on and is not, once: at the start, and when one fails later."""

from __future__ import annotations

from typing import TYPE_CHECKING, Callable, List, Set

from sovl_core.spelling import did_you_mean

if TYPE_CHECKING:
    from sovl_core.plugin_selection import PluginSelection
    from sovl_core.system import SOVLSystem


class PluginWatch:
    """Compares what was asked for with what is on.

    Settings of plugins that are not installed are kept without a word, unless their name looks mistyped.

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
        infos = self._system.plugins.infos()
        self._check_tables([info.name for info in infos])
        for info in infos:
            if info.enabled or info.name in self._known or self._selection.why_off(info.name):
                continue
            self._known.add(info.name)
            origin = f" ({info.distribution} {info.version})" if info.distribution else ""
            reason = (info.reason or "no reason given").rstrip(".")
            failed = [failure for failure in self._system.plugins.failures if failure.plugin == info.name]
            if failed and failed[-1].where:
                reason += f" ({failed[-1].where})"
            # Another process knows nothing of what failed in this one, but for the log.
            more = "More: sovl log --errors" if failed else f"More: sovl plugins info {info.name}"
            self._note(f"Plugin {info.name!r}{origin} is off: {reason}{'' if reason.endswith('?') else '.'} {more}")

    def _check_tables(self, installed: List[str]) -> None:
        """Name settings of plugins that are not installed where a name like theirs is: somebody mistyped it."""
        for name in self._system.config.plugins:
            meant = did_you_mean(name, installed)
            if name in installed or name in self._known or not meant:
                continue
            self._known.add(name)
            self._note(f"There are settings for a plugin {name!r} (plugins.{name}), which is not installed. {meant}")
