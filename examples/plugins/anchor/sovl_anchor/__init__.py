"""Anchor: holds a night's weights near yesterday's: an L2 or EWC penalty."""

from __future__ import annotations

from sovl_anchor.plugin import AnchorPlugin
from sovl_anchor.settings import AnchorSettings

__all__ = ["AnchorPlugin", "AnchorSettings"]
