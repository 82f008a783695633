"""Ghostwriter: has dreams written by any OpenAI-compatible endpoint."""

from __future__ import annotations

from sovl_ghostwriter.plugin import GhostwriterPlugin
from sovl_ghostwriter.settings import GhostwriterSettings

__all__ = ["GhostwriterPlugin", "GhostwriterSettings"]
