"""The kit for authors of plugins: lives that discover nothing, tiny models, a hook recorder, a clock, conformance.

Its fixtures are there in every test run, by the entry point ``sovl`` of pytest (``sovl_core.testing.pytest_plugin``);
what is named here is imported when it is used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sovl_core.testing.clock import FakeClock
    from sovl_core.testing.conformance import PluginConformance
    from sovl_core.testing.lives import open_life
    from sovl_core.testing.recorder import HookRecorder
    from sovl_core.testing.tiny_models import FAMILIES, TinyModels

__all__ = ["FAMILIES", "FakeClock", "HookRecorder", "PluginConformance", "TinyModels", "open_life"]

_HOMES = {
    "FAMILIES": "tiny_models",
    "FakeClock": "clock",
    "HookRecorder": "recorder",
    "PluginConformance": "conformance",
    "TinyModels": "tiny_models",
    "open_life": "lives",
}


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(f"sovl_core.testing.{_HOMES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
