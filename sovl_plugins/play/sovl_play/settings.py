"""Settings of the play plugin; each command takes those that concern it as options of the same name and range."""

from __future__ import annotations

from pydantic import Field

from sovl_core.plugin import PluginSettings


class PlaySettings(PluginSettings):
    """How it writes, and how far each command goes."""

    tokens: int = Field(default=60, ge=4, le=512, description="Longest text, in tokens.")
    temperature: float = Field(
        default=0.8, ge=0.0, le=2.0, description="Sampling temperature; 0 writes the same each time."
    )
    top_k: int = Field(default=40, ge=0, le=100000, description="Tokens to choose among; 0 for all.")
    top_p: float = Field(
        default=0.95, ge=0.01, le=1.0, description="Share of the probability that is chosen among, the likeliest first."
    )
    repetition_penalty: float = Field(
        default=1.1, ge=1.0, le=2.0, description="Makes tokens that were there before less likely; 1 does not."
    )
    attempts: int = Field(default=3, ge=1, le=20, description="Texts written, at most, to choose the best of.")
    turns: int = Field(default=5, ge=1, le=100, description="Latest turns that reflect looks back on.")
    back: int = Field(default=1, ge=1, le=1000, description="Turns that rewind goes back.")
    heat: float = Field(default=1.4, ge=0.5, le=2.0, description="Sampling temperature of flare in an even mood.")
    echoes: int = Field(default=3, ge=1, le=10, description="Times that echo says it in other words.")
    rounds: int = Field(default=2, ge=1, le=10, description="Times that each side of a debate speaks.")
    noise: float = Field(default=0.15, ge=0.0, le=1.0, description="Share of the letters that glitch garbles.")
    sample: int = Field(default=50, ge=3, le=1000, description="Latest turns that mimic measures the style of.")
