"""Guard: keeps secrets out of the journal."""

from __future__ import annotations

from sovl_guard.plugin import GuardPlugin
from sovl_guard.settings import GuardSettings

__all__ = ["GuardPlugin", "GuardSettings"]
