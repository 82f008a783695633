"""Key/value memory: trained rows, some for each memory, that the base listens to when a prompt is about it."""

from __future__ import annotations

from sovl_recall.plugin import RecallPlugin
from sovl_recall.settings import RecallSettings

__all__ = ["RecallPlugin", "RecallSettings"]
