"""Play: commands that let the life ask, muse, argue and imitate; nothing of it becomes a memory."""

from __future__ import annotations

from sovl_play.plugin import PlayPlugin
from sovl_play.settings import PlaySettings
from sovl_play.style import Style

__all__ = ["PlayPlugin", "PlaySettings", "Style"]
