"""Retrieval: puts passages of the journal into the prompt, to be compared or combined with learning."""

from __future__ import annotations

from sovl_retrieval.plugin import RetrievalPlugin
from sovl_retrieval.settings import RetrievalSettings

__all__ = ["RetrievalPlugin", "RetrievalSettings"]
