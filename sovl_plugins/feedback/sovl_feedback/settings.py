"""Settings of the feedback plugin: how strongly the mood moves, and what it does to sampling."""

from __future__ import annotations

from pydantic import Field

from sovl_core.plugin import PluginSettings


class FeedbackSettings(PluginSettings):
    """How temperament moves and what it touches."""

    mood_influence: float = Field(
        default=0.3, ge=0.0, le=1.0, description="How far the mood moves the sampling temperature; 0 leaves it alone."
    )
    confidence_strength: float = Field(
        default=0.5, ge=0.0, le=1.0, description="Extra pull of confidence on the temperament (k of the formula)."
    )
    curiosity_boost: float = Field(
        default=0.5, ge=0.0, le=1.0, description="Raises the temperament of a young life and lowers that of an old one."
    )
    variance_drop: float = Field(
        default=0.2, ge=0.0, le=1.0, description="How much an unsteady mood lowers the temperament in mid-life."
    )
    restless_drop: float = Field(
        default=0.0,
        ge=0.0,
        le=1.0,
        description="Taken off the target while the mood is restless; 0 leaves the formula alone.",
    )
    smoothing: float = Field(
        default=0.0,
        ge=0.0,
        le=1.0,
        description="0 moves a tenth of the way to the target with each reply, 1 not at all.",
    )
    rating_strength: float = Field(
        default=0.1, ge=0.0, le=1.0, description="How far the best or worst rating moves the temperament at once."
    )
    lowest_temperature: float = Field(
        default=0.5, ge=0.0, le=2.0, description="The mood never lowers the sampling temperature below this."
    )
    highest_temperature: float = Field(
        default=1.5, ge=0.0, le=2.0, description="The mood never raises the sampling temperature above this."
    )
