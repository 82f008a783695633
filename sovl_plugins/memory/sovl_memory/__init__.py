"""Short memory around what is learned: tokens in use, traces of dreams, and whether the scaffold takes part."""

from __future__ import annotations

from sovl_memory.dream_memory import DreamMemory, Trace, dream_memory_decay
from sovl_memory.plugin import MemoryPlugin
from sovl_memory.settings import MemorySettings
from sovl_memory.token_map import TokenMap

__all__ = ["DreamMemory", "MemoryPlugin", "MemorySettings", "TokenMap", "Trace", "dream_memory_decay"]
