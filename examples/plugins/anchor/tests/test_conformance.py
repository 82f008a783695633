from __future__ import annotations

from sovl_anchor import AnchorPlugin
from sovl_core.testing import PluginConformance


class TestAnchor(PluginConformance):
    plugin = AnchorPlugin
