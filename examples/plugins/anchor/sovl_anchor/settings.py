"""Settings of the anchor."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from sovl_core.plugin import PluginSettings


class AnchorSettings(PluginSettings):
    """Which penalty, and how strong."""

    penalty: Literal["ewc", "l2"] = Field(
        default="ewc", description="l2 holds every weight alike, ewc those more that mattered to earlier nights."
    )
    strength: float = Field(
        default=1.0,
        ge=0.0,
        le=1e6,
        description="Nats it costs when weights have moved as far as they are long; 0 switches the penalty off.",
    )
    by_day: bool = Field(default=True, description="Hold the weights in `sovl train` too, not by night alone.")
    fading: float = Field(
        default=0.9, ge=0.0, le=1.0, description="Share of what mattered before that still counts after a night (ewc)."
    )
    recent: float = Field(
        default=0.05, gt=0.0, le=1.0, description="Share of the last step in what mattered to tonight (ewc)."
    )
