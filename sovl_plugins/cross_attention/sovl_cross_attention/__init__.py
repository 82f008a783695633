"""Gated cross-attention: lets the scaffold's hidden states guide the frozen base."""

from __future__ import annotations

from sovl_cross_attention.plugin import CrossAttentionPlugin
from sovl_cross_attention.settings import CrossAttentionSettings

__all__ = ["CrossAttentionPlugin", "CrossAttentionSettings"]
