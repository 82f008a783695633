"""Settings of the recall plugin: how many rows a memory has, how many are recalled, how they learn."""

from __future__ import annotations

from typing import Any, Dict

from pydantic import Field

from sovl_core.plugin import PluginSettings

# The shape of what is trained: nights already lived fit no other.
_SHAPE: Dict[str, Any] = {"live": False}


class RecallSettings(PluginSettings):
    """Size, learning and use of the rows."""

    rows: int = Field(32, ge=1, le=512, description="Rows of a memory at most.", json_schema_extra=_SHAPE)
    recalled: int = Field(3, ge=1, le=32, description="Memories whose rows are heard at a time.")
    learning_rate: float = Field(3.0, gt=0, le=1000, description="Rows learn this many times faster than the rest.")
    alone: bool = Field(
        True, description="Let the base hear the recalled rows alone, not what the scaffold makes of the prompt."
    )
    estranged: float = Field(
        1.0, ge=0, le=1, description="Share of a step's dreams that are answered behind another dream's prompt."
    )
    invented: int = Field(
        4,
        ge=0,
        le=1024,
        description="Examples of a step, at most, about memories that nobody has, told as tonight's are, with another "
        "answer; fewer in nights of more than six memories, none in nights of 24.",
    )
    sharpness: float = Field(
        2.0, ge=1, le=16, description="By day probabilities are lifted to this power: the likeliest memory speaks."
    )
    doubt: float = Field(
        0.3,
        gt=0,
        le=1,
        description="Training lifts the probabilities of memories to a random power between this and 1: "
        "by day a prompt is seldom as clear as a dream.",
    )
