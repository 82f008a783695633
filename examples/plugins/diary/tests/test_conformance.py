from __future__ import annotations

from sovl_core.testing import PluginConformance
from sovl_diary import DiaryPlugin


class TestDiary(PluginConformance):
    plugin = DiaryPlugin
