"""Curiosity: questions about what was just said, in replies and out of silence, and what became of them."""

from __future__ import annotations

from sovl_curiosity.metric import Interest, TrueCuriosity
from sovl_curiosity.plugin import CuriosityPlugin
from sovl_curiosity.pressure import CuriosityPressure
from sovl_curiosity.settings import CuriositySettings

__all__ = ["CuriosityPlugin", "CuriosityPressure", "CuriositySettings", "Interest", "TrueCuriosity"]
