"""Dreams: memories told and asked for in many wordings, and background that must stay as it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sovl_dream.conditions import should_dream
from sovl_dream.plugin import DreamPlugin
from sovl_dream.settings import DreamSettings

if TYPE_CHECKING:
    from sovl_dream.writer import dream

__all__ = ["DreamPlugin", "DreamSettings", "dream", "should_dream"]


def __getattr__(name: str) -> Any:
    # Most of what is ever done with the plugin is to load it; writing dreams takes a night.
    if name == "dream":
        from sovl_dream.writer import dream

        return dream
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
