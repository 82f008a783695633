from __future__ import annotations

from sovl_core.testing import PluginConformance
from sovl_ghostwriter import GhostwriterPlugin


class TestGhostwriter(PluginConformance):
    plugin = GhostwriterPlugin
