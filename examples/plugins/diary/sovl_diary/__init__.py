"""Diary: keeps a diary: a Markdown page a day with what was told, dreamed and learned."""

from __future__ import annotations

from sovl_diary.plugin import DiaryPlugin
from sovl_diary.settings import DiarySettings

__all__ = ["DiaryPlugin", "DiarySettings"]
