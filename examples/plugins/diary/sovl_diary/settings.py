"""Settings of the diary."""

from __future__ import annotations

from pydantic import Field

from sovl_core.plugin import PluginSettings


class DiarySettings(PluginSettings):
    """Where the diary lies, and what is in it."""

    folder: str = Field(default="", description="Folder of the pages; empty for plugins/diary in the life's own.")
    replies: bool = Field(default=True, description="Write down the replies too, not only what was said to it.")
    dreams: int = Field(default=8, ge=0, le=1000, description="Dreams of a night that are told, at most.")
