"""Settings of the curiosity plugin: when it asks, how a question is weighed, how it is written."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from sovl_core.plugin import PluginSettings


class CuriositySettings(PluginSettings):
    """When to ask, what is worth asking, how to write it."""

    spontaneous: bool = Field(default=True, description="Ask out of silence.")
    wake_up: bool = Field(
        default=True, description="At the first start of a life say a few words out of nothing, then ask a question."
    )
    wake_tokens: int = Field(default=12, ge=1, le=128, description="Length of those first words, in tokens.")
    in_replies: bool = Field(default=True, description="Ask at the end of a reply.")
    metric: Literal["calibrated", "ranked", "classic"] = Field(
        default="calibrated",
        description="How questions are scored: ignorance as calibrated after each night, or 1 - confidence; and what "
        "thresholds apply to: the share of this life's earlier questions that scored lower, or (classic) the score.",
    )
    ignorance_weight: float = Field(
        default=0.7, ge=0.0, le=1.0, description="Weight of not knowing the answer in the score."
    )
    novelty_weight: float = Field(
        default=0.3, ge=0.0, le=1.0, description="Weight of the question's newness in the score."
    )
    spontaneous_threshold: float = Field(
        default=0.9, ge=0.0, le=1.0, description="A question asked out of silence has to be above this."
    )
    response_threshold: float = Field(
        default=0.8, ge=0.0, le=1.0, description="A question asked in a reply, or kept for later, has to be above this."
    )
    pressure_threshold: float = Field(default=0.7, ge=0.0, le=1.0, description="Pressure above which it may erupt.")
    eruption_chance: float = Field(default=0.3, ge=0.0, le=1.0, description="Chance to erupt, each time it may.")
    stalled_chance: float = Field(
        default=0.25,
        ge=0.0,
        le=1.0,
        description="What is left of that chance while the latest answers have not lowered the loss; 1: no difference.",
    )
    pressure_drop: float = Field(
        default=0.3,
        ge=0.0,
        le=1.0,
        description="What an eruption takes off the pressure; one from the queue takes 0.7 of it.",
    )
    dream_questions: int = Field(
        default=3, ge=0, le=10, description="Questions tried after each dream; those worth it wait in the queue."
    )
    morning_question: bool = Field(
        default=True, description="After an accepted night ask about what it taught or left unclear."
    )
    morning_pressure: float = Field(
        default=0.1, ge=0.0, le=1.0, description="Pressure that it takes at the end of a night to ask in the morning."
    )
    silence: float = Field(
        default=20.0, ge=1.0, le=86400.0, description="Seconds of silence before it speaks up by itself."
    )
    cooldown: float = Field(
        default=60.0, ge=0.0, le=86400.0, description="Seconds between two questions out of silence."
    )
    eruptions_per_silence: int = Field(
        default=5, ge=0, le=1000, description="After so many eruptions in one silence it waits for the user to speak."
    )
    queue_size: int = Field(default=10, ge=0, le=1000, description="Questions kept for later; the oldest is dropped.")
    question_tokens: int = Field(default=24, ge=4, le=256, description="Longest question, in tokens.")
    temperature: float = Field(
        default=1.1, ge=0.0, le=2.0, description="Sampling temperature of questions in a neutral mood."
    )
    temperament_influence: float = Field(
        default=0.4, ge=0.0, le=1.0, description="The mood moves that temperature by this times the temperament."
    )
    top_k: int = Field(
        default=30, ge=0, le=100000, description="Questions are sampled from so many likeliest tokens; 0: all."
    )
    top_p: float = Field(default=0.9, ge=0.01, le=1.0, description="And from the likeliest that add up to this.")
    attempts: int = Field(default=3, ge=1, le=20, description="Questions written until one reads as a question.")
    probe_tokens: int = Field(
        default=12, ge=1, le=256, description="Tokens of an answer tried in order to know how sure it is."
    )
    thanks: str = Field(
        default="Thank you, I will remember that.",
        max_length=200,
        description="Put before the reply to an answer; empty: no thanks.",
    )
