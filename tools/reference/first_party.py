"""The plugins of this repository, whatever else is installed beside them."""

from __future__ import annotations

import tempfile
from importlib import import_module
from pathlib import Path
from typing import Any, Dict, Iterable, List, Tuple

import tomlkit

from sovl_core.cli.app_context import AppContext
from sovl_core.plugin import Command
from sovl_core.system import SOVLSystem

ROOT = Path(__file__).parents[2]


def plugins() -> Dict[str, Any]:
    """Return the class of each plugin in ``sovl_plugins``, by name, in the alphabet's order."""
    found: Dict[str, Any] = {}
    for project in sorted(ROOT.glob("sovl_plugins/*/pyproject.toml")):
        named = tomlkit.parse(project.read_text(encoding="utf-8")).unwrap()["project"]["entry-points"]["sovl"]
        for name, target in named.items():
            module, attribute = target.split(":")
            found[name] = getattr(import_module(module), attribute)
    return found


def commands_of(names: Iterable[str]) -> List[Tuple[str, Command]]:
    """Return the commands that these plugins bring to a new life with no settings of its own, each with its plugin."""
    with tempfile.TemporaryDirectory() as folder, SOVLSystem.open(
        Path(folder) / "life", plugins=names, environ={}
    ) as life:
        return life.plugins.on_commands()


def surroundings_of(names: Iterable[str]) -> AppContext:
    """Return what commands are handed where these plugins are on and nothing was ever set."""
    app = AppContext(environ={})
    app.options.plugins = list(names)
    # A folder that is not there: it has no settings.
    app.options.life = ROOT / "build" / "no-life"
    return app
