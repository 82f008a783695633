"""Settings of the dream plugin: when it dreams, and how varied."""

from __future__ import annotations

from pydantic import Field

from sovl_core.plugin import PluginSettings


class DreamSettings(PluginSettings):
    """When dreams are due, and what they are made of."""

    taught: int = Field(
        0, ge=0, le=256, description="Dreams a memory that the base answers itself, with the memory before its eyes."
    )
    cues: int = Field(
        10,
        ge=0,
        le=64,
        description="Dreams a memory of its bare content words, so that they lead to it in any wording.",
    )
    reverse: int = Field(4, ge=0, le=64, description="Dreams a memory that ask from the answer back to the subject.")
    dialogue: float = Field(
        0.25, ge=0, le=1, description="Share of questions that are dreamed once more as they come up in talk."
    )
    held_out: int = Field(
        2, ge=0, le=16, description="Dreams a memory that are never trained on: they judge the night."
    )
    contrast: float = Field(
        6.0, ge=0, le=64, description="Dreams a memory that ask for what was never told, to stay silent about it."
    )
    sampled_background: float = Field(
        0.1, ge=0, le=1, description="Share of background prompts the base makes up itself; the rest are short ones."
    )
    framed_background: float = Field(
        0.25,
        ge=0,
        le=1,
        description="Share of background prompts that are worded as memories are asked for, and ask for none.",
    )
    background_tokens: int = Field(12, ge=1, le=512, description="Longest answer of a background dream, in tokens.")
    swing: float = Field(0.1, ge=0, le=1, description="Variance of the latest confidences above which a dream is due.")
    temperament_change: float = Field(
        0.1, ge=0, le=2, description="Change of temperament since the last sleep above which a dream is due."
    )
    temperament_drift: float = Field(
        0.3, ge=0, le=2, description="Drift over the temperament's history above which a dream is due."
    )
    by_temperament: bool = Field(True, description="Let temperament make a dream due.")
