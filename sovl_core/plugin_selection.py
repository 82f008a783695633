"""Which plugins are on: command line before the variable ``SOVL_PLUGINS`` before the config's ``enabled``."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, FrozenSet, Iterable, List, Mapping, Optional

#: Environment variable that lists the plugins to use.
PLUGINS_VARIABLE = "SOVL_PLUGINS"
#: Written in place of a list of plugins: none at all.
NO_PLUGIN = "none"


@dataclass(frozen=True)
class PluginSelection:
    """Which of the installed plugins are on.

    ``only`` names the ones to use, None means all that are not ``disabled``. ``named`` are the names that somebody
    typed on the command line or in the environment: unlike a table in the config, they must be installed.
    """

    only: Optional[List[str]] = None
    disabled: FrozenSet[str] = frozenset()
    named: FrozenSet[str] = frozenset()

    @classmethod
    def from_sources(
        cls,
        config_plugins: Mapping[str, Mapping[str, Any]],
        environ: Mapping[str, str],
        plugins: Optional[Iterable[str]] = None,
        without: Iterable[str] = (),
    ) -> PluginSelection:
        """Join what the sources say.

        A list of names (``plugins``, or the variable where ``plugins`` is None) overrides ``enabled`` of the config;
        ``without`` has the last word. The word ``none`` in place of a list switches all off.

        :param config_plugins: table of each plugin, with or without the key ``enabled``.
        :param environ: environment; an empty ``SOVL_PLUGINS`` counts as not set.
        :param plugins: names from ``--plugins``; None when it was not given.
        :param without: names from ``--no-plugin``.
        """
        off = frozenset(without)
        wanted = list(plugins) if plugins is not None else _split(environ.get(PLUGINS_VARIABLE, ""))
        if wanted is None:
            refused = frozenset(name for name, table in config_plugins.items() if table.get("enabled") is False)
            return cls(None, off | refused, off)
        if wanted == [NO_PLUGIN]:
            wanted = []
        return cls(wanted, off, off.union(wanted))

    def why_off(self, name: str) -> str:
        """Return why the plugin is off, "" when it is on."""
        if name in self.disabled:
            how = "--no-plugin" if name in self.named else f"plugins.{name}.enabled = false"
            return f"switched off by {how}"
        if self.only is not None and name not in self.only:
            return f"not among those chosen by --plugins or {PLUGINS_VARIABLE}"
        return ""


def _split(text: str) -> Optional[List[str]]:
    return [name for name in re.split(r"[,\s]+", text) if name] or None
