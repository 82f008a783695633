"""Dreams: memories told and asked for in many wordings, and background that must stay as it is."""

from __future__ import annotations

from sovl_dream.conditions import should_dream
from sovl_dream.plugin import DreamPlugin
from sovl_dream.settings import DreamSettings
from sovl_dream.writer import dream

__all__ = ["DreamPlugin", "DreamSettings", "dream", "should_dream"]
