"""Settings of the memory plugin: which memories take part, how they rise, fade and are heard."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from sovl_core.plugin import PluginSettings


class MemorySettings(PluginSettings):
    """Scaffold memory, token map, dream memory."""

    scaffold_memory: Literal["scaffold", "token", "both", "none"] = Field(
        default="both",
        description="What takes part in replies: the scaffold's adapter and dream memory, the token map, both or none.",
    )
    tokens_mapped: int = Field(default=3, ge=1, le=16, description="Scaffold tokens that one base token may stand for.")
    token_rise: float = Field(
        default=0.1,
        ge=0.0,
        le=1.0,
        description="A token's weight rises by this times the reply's confidence when it is used.",
    )
    token_cap: float = Field(
        default=2.0, ge=1.0, le=10.0, description="No token's weight rises above this; 1 is neutral."
    )
    token_decay: float = Field(
        default=0.95, ge=0.0, le=1.0, description="What is left, a turn later, of a token's weight above 1."
    )
    dream_memory_size: int = Field(default=10, ge=0, le=256, description="Traces of dreams that are kept.")
    dream_memory_weight: float = Field(
        default=0.1,
        ge=0.0,
        le=1.0,
        description="How loud a fresh trace is beside a token of the prompt; 0 silences them.",
    )
    dream_memory_decay: float = Field(
        default=0.95, ge=0.0, le=1.0, description="What is left of a trace's weight after each turn and each dream."
    )
    prune_threshold: float = Field(default=0.1, ge=0.0, le=1.0, description="Traces below this weight are forgotten.")
    memories_per_dream: int = Field(
        default=1, ge=0, le=64, description="Memories that leave a trace each time it dreams."
    )
    prompt_weight: float = Field(
        default=0.5,
        ge=0.0,
        le=1.0,
        description="How much likeness to what was said last decides which they are; recency decides the rest.",
    )
    noise: float = Field(
        default=0.05, ge=0.0, le=1.0, description="Noise in a trace, as a share of the trace's own root mean square."
    )
    melancholy_noise: float = Field(
        default=0.02, ge=0.0, le=1.0, description="Noise added to it in a melancholic mood."
    )
    novelty_noise: float = Field(
        default=0.03, ge=0.0, le=1.0, description="Noise added to it for what left no trace yet."
    )
    noise_limit: float = Field(default=0.1, ge=0.0, le=1.0, description="The three together never exceed this.")
