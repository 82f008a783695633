from __future__ import annotations

from sovl_core.testing import PluginConformance
from sovl_guard import GuardPlugin


class TestGuard(PluginConformance):
    plugin = GuardPlugin
