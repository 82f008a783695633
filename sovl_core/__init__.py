"""SOVL's kernel: hooks, plugin manager, journal, models, training, and the system that puts them together."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sovl_core.hookspecs import HOOK_API_VERSION, hookimpl
    from sovl_core.plugin import Command, CommandOption, Plugin, PluginContext, PluginSettings, PluginState, StatusPanel
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

_HOMES = {"HOOK_API_VERSION": "hookspecs", "hookimpl": "hookspecs", "SOVLSystem": "system"}


def __getattr__(name: str) -> Any:
    # Every test run on a machine with SOVL imports this package, for its pytest plugin: it must not cost anything.
    if name in __all__:
        return getattr(import_module(f"sovl_core.{_HOMES.get(name, 'plugin')}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
