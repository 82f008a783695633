"""SOVL's kernel: hooks, plugin manager, journal, models, training, and the system that puts them together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sovl_core.hookspecs import HOOK_API_VERSION, hookimpl
from sovl_core.plugin import Command, CommandOption, Plugin, PluginContext, PluginSettings, PluginState, StatusPanel

if TYPE_CHECKING:
    from sovl_core.system import SOVLSystem

__version__ = "0.1.0"

__all__ = [
    "HOOK_API_VERSION",
    "Command",
    "CommandOption",
    "Plugin",
    "PluginContext",
    "PluginSettings",
    "PluginState",
    "SOVLSystem",
    "StatusPanel",
    "__version__",
    "hookimpl",
]


def __getattr__(name: str) -> Any:
    # SOVLSystem pulls in SQLite and configuration; plugins that import this package should not pay for it.
    if name == "SOVLSystem":
        from sovl_core.system import SOVLSystem

        return SOVLSystem
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
