from __future__ import annotations

from sovl_core.testing import PluginConformance
from sovl_retrieval import RetrievalPlugin


class TestRetrieval(PluginConformance):
    plugin = RetrievalPlugin
