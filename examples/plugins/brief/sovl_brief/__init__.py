"""Brief: keeps replies short. The plugin of the tutorial."""

from __future__ import annotations

from sovl_brief.plugin import BriefPlugin, BriefSettings

__all__ = ["BriefPlugin", "BriefSettings"]
