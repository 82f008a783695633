"""A bench to install plugins at, in real dist-info folders, and what to ask a registry."""

from __future__ import annotations

import sys
from importlib import metadata
from pathlib import Path
from typing import Any, Dict, List, Optional

from sovl_core.events import ErrorEvent
from sovl_core.plugin import Plugin
from sovl_core.plugin_registry import PluginRegistry
from sovl_core.plugin_selection import PluginSelection
from sovl_core.system_logging import ThreadSafeLogger


class Bench:
    """A folder on ``sys.path`` to install plugins in, and a registry that looks there."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.logger = ThreadSafeLogger(None)
        self.told: List[ErrorEvent] = []

    def install(self, name: str, body: str = "", distribution: str = "", **declared: Any) -> None:
        """Install a plugin ``name``; ``declared`` are class attributes, ``body`` further lines of the class."""
        distribution = distribution or f"sovl-{name}"
        module = f"bench_{distribution.replace('-', '_')}"
        info = self.folder / f"{distribution}-1.5.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(
            f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 1.5\nSummary: A bench plugin\n", encoding="utf-8"
        )
        (info / "entry_points.txt").write_text(f"[sovl]\n{name} = {module}:P\n", encoding="utf-8")
        lines = [f"    {key} = {value!r}\n" for key, value in {"name": name, **declared}.items()]
        lines.extend(f"    {line}\n" for line in body.splitlines())
        source = (
            "from sovl_core import Plugin, PluginSettings, hookimpl\n\nclass S(PluginSettings):\n    size: int = 1\n\n"
        )
        source += "class P(Plugin):\n    settings_model = S\n" + "".join(lines)
        (self.folder / f"{module}.py").write_text(source, encoding="utf-8")

    def imported(self) -> List[str]:
        return sorted(name for name in sys.modules if name.startswith("bench_"))

    def registry(self, strict: bool = False) -> PluginRegistry:
        path = [str(self.folder)]
        return PluginRegistry(self.logger, strict, self.told.append, lambda: metadata.distributions(path=path))

    def load(
        self,
        selection: Optional[PluginSelection] = None,
        strict: bool = False,
        lenient: bool = False,
        **tables: Dict[str, Any],
    ) -> PluginRegistry:
        registry = self.registry(strict)
        registry.load(selection or PluginSelection(), tables, lenient)
        return registry

    def events(self, name: str) -> List[Dict[str, Any]]:
        return [entry for entry in self.logger.read() if entry["event"] == name]


def names(registry: PluginRegistry, on: bool = True) -> List[str]:
    return [record.name for record in registry.records() if record.on is on]


def reasons(registry: PluginRegistry) -> Dict[str, str]:
    return {record.name: record.reason for record in registry.records() if not record.on}


def made(name: str, **declared: Any) -> Any:
    return type("Made", (Plugin,), {"name": name, **declared})()
