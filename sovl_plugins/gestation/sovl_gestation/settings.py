"""Settings of the gestation plugin: when to sleep, how long to train, what a night may cost."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from sovl_core.plugin import PluginSettings


class GestationSettings(PluginSettings):
    """When a night is due, how it trains, and the budgets it is judged by."""

    automatic: bool = Field(True, description="Sleep by itself in a quiet moment when enough has gathered.")
    minimum_memories: int = Field(
        10,
        ge=1,
        le=100000,
        description="Turns that must have gathered; a question counts until a night has looked at it.",
    )
    minimum_confidence: float = Field(
        0.7, ge=0, le=1, description="Mean confidence since the last sleep above which it may sleep."
    )
    deep_every: int = Field(
        10,
        ge=0,
        le=100000,
        description="After so many accepted nights the next it has by itself is a deep one. That takes about as long "
        "as they did together, hence not more often; it builds on nothing that went wrong in any of them. 0 for never, "
        "except on request and after something learned was forgotten.",
    )
    quiet_seconds: float = Field(30.0, ge=0, le=86400, description="Seconds of silence before it sleeps by itself.")
    time_factor: float = Field(1.0, ge=0.5, le=5, description="Stretches or shortens those seconds.")

    dreams_per_memory: int = Field(48, ge=1, le=256, description="Dreams a statement is turned into.")
    background: int = Field(240, ge=0, le=4096, description="Background dreams of a night.")
    replay: float = Field(
        0.4, ge=0, le=0.9, description="Share of a batch's answers that replay dreams of earlier nights."
    )

    learning_rate: float = Field(1e-3, gt=0, le=1, description="Peak learning rate by night.")
    learning_rate_curve: Literal["steady", "life_curve"] = Field(
        "steady",
        description="steady: every night learns alike; life_curve: half of it, and less the older the life: "
        "lr/2·exp(-exposure/capacity).",
    )
    weight_decay: float = Field(0.01, ge=0, le=1, description="Weight decay by night.")
    warmup: float = Field(0.08, ge=0, le=1, description="Share of the steps in which the learning rate rises.")
    max_grad_norm: float = Field(1.0, gt=0, le=1000, description="Gradients are clipped to this norm.")
    batch_answers: int = Field(14, ge=1, le=1024, description="Dreams of memories in a step.")
    batch_background: int = Field(3, ge=0, le=1024, description="Background dreams in a step.")
    passes: float = Field(1.5, gt=0, le=100, description="How often each dream is seen at most.")
    least_steps: int = Field(80, ge=1, le=100000, description="Steps of a short night.")
    steps_per_memory: int = Field(
        10, ge=0, le=1000, description="Steps of a night for each memory dreamed of, however few its dreams are."
    )
    most_steps: int = Field(400, ge=1, le=100000, description="Steps of a long night.")
    most_deep_steps: int = Field(
        4000, ge=1, le=1000000, description="Steps of a deep night at most: it learns what many nights have learned."
    )
    known_probability: float = Field(
        0.5, ge=0, le=1, description="Training ends early when the dreams seen last have every token above this."
    )
    checkpoint_steps: int = Field(
        25, ge=1, le=100000, description="Steps between checkpoints an interrupted night goes on from."
    )

    least_recall: float = Field(
        0.3, ge=0, le=1, description="Share of tonight's memories that must be recalled; below, the night is set aside."
    )
    drift_budget: float = Field(
        0.1, ge=0, le=100, description="KL to the base on unrelated prompts, nats a token, that a night may cost."
    )
    forgetting_budget: float = Field(
        0.2,
        ge=0,
        le=1,
        description="Share of older memories, recalled before the night, that it may cost; above, it is set aside.",
    )
    judged_memories: int = Field(24, ge=1, le=1000, description="Memories of tonight that the judge asks about.")
