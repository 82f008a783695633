"""What a plugin's name makes of its distribution, package and classes; and which names it may have."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Dict, Mapping

from sovl_core.error_handling import BadInput
from sovl_core.plugin_selection import NO_PLUGIN

MOST_LETTERS = 24
# Two underscores separate the parts of a setting's environment variable.
_NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
#: Names whose package would be the kernel's, or that stand for no plugin.
_TAKEN = ("core", NO_PLUGIN)


@dataclass(frozen=True)
class PluginNames:
    """A plugin's name and what follows from it."""

    name: str

    @property
    def distribution(self) -> str:
        """What pip installs, also the folder's name."""
        return f"sovl-{self.name.replace('_', '-')}"

    @property
    def package(self) -> str:
        """What Python imports."""
        return f"sovl_{self.name}"

    @property
    def stem(self) -> str:
        """What its classes begin with."""
        return "".join(part.capitalize() for part in self.name.split("_"))

    def values(self) -> Dict[str, str]:
        """Return what templates may hold."""
        return {
            "name": self.name,
            "distribution": self.distribution,
            "package": self.package,
            "plugin": f"{self.stem}Plugin",
            "settings": f"{self.stem}Settings",
            "state": f"{self.stem}State",
        }


def plugin_names(name: str, installed: Mapping[str, str]) -> PluginNames:
    """Return the names of a new plugin.

    :param installed: distribution of each installed plugin by the plugin's name.
    :raises BadInput: when it cannot be called that.
    """
    if not _NAME.fullmatch(name) or len(name) > MOST_LETTERS:
        meant = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")[:MOST_LETTERS].rstrip("_")
        hint = f"Try: sovl plugins new {meant}" if _NAME.fullmatch(meant) else "Try: sovl plugins new diary"
        raise BadInput(
            f"A plugin cannot be called {name!r}: its name begins with a letter and is made of lower-case letters, "
            f"digits and single underscores, {MOST_LETTERS} at most",
            hint,
        )
    if name in _TAKEN:
        raise BadInput(
            f"A plugin cannot be called {name!r}: the name is SOVL's own", f"Try: sovl plugins new my_{name}"
        )
    if name in installed:
        raise BadInput(
            f"A plugin {name!r} is installed already ({installed[name]}), and of two with one name neither is loaded",
            f"Try: sovl plugins new my_{name}",
        )
    return PluginNames(name)
