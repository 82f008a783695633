"""Settings of the cross-attention plugin: where it sits, how wide it is, how much it says and when."""

from __future__ import annotations

from typing import Any, Dict, List, Literal

from pydantic import Field, ValidationInfo, field_validator

from sovl_core.plugin import PluginSettings
from sovl_cross_attention.placement import PLACEMENTS

#: Share of answered and unanswered questions in the right order below which the base is taken not to know.
LEAST_SKILL = 0.8

# The shape of what is trained: nights already lived fit no other.
_SHAPE: Dict[str, Any] = {"live": False}


class CrossAttentionSettings(PluginSettings):
    """Placement, shape, influence and relevance of the scaffold's voice."""

    presets: Dict[str, List[int]] = Field(
        default_factory=dict,
        description="Lists of layer numbers by a name of yours, which placement may then be.",
        json_schema_extra=_SHAPE,
    )
    placement: str = Field(
        "default",
        description="Layers that listen: default (every fourth of the upper two thirds), early, late, balanced, "
        "fixed or custom (those in layers), or a name in presets.",
        json_schema_extra=_SHAPE,
    )
    layers: List[int] = Field(
        default_factory=list,
        description="Layer numbers, bottom 0, for placement fixed and custom.",
        json_schema_extra=_SHAPE,
    )
    heads: int = Field(0, ge=0, le=256, description="Attention heads; 0 fits the base.", json_schema_extra=_SHAPE)
    head_width: int = Field(0, ge=0, le=512, description="Width of a head; 0 fits the base.", json_schema_extra=_SHAPE)
    scaffold_mode: Literal["encoder", "stepped"] = Field(
        "encoder",
        description="encoder: the scaffold reads the prompt once; stepped: it moves with the base, token by token.",
        json_schema_extra=_SHAPE,
    )
    gate_learning_rate: float = Field(
        10.0, gt=0, le=1000, description="Gates learn this many times faster than the rest."
    )
    read_dropout: float = Field(
        0.0, ge=0, le=0.9, description="Share of a prompt's tokens that the scaffold does not see in a training step."
    )
    weight: float = Field(1.0, ge=0, le=2, description="Weight of everything the scaffold says; 0 is the bare base.")
    blend: float = Field(1.0, ge=0, le=1, description="Share of the residual that is blended in; multiplies weight.")
    layer_weights: List[float] = Field(
        default_factory=list, description="A weight for each listening layer, bottom first; missing ones are 1."
    )
    dynamic: Literal["off", "confidence", "temperament"] = Field(
        "off",
        description="Let recent confidence or temperament scale a reply's weight by 0.5 to 2; not written back.",
    )
    relevance_gate: bool = Field(
        True, description="Leave prompts that have nothing to do with what was learned to the base, exactly."
    )
    relevance_threshold: float = Field(
        0.35, ge=0, le=1, description="Relevance below which the scaffold is skipped for a turn; 1 skips it always."
    )
    recall_temperature: float = Field(
        0.2,
        ge=0,
        le=2,
        description="Sampling temperature at most of replies that draw on memories: chance makes up what was not told.",
    )
    answer_probe: bool = Field(
        True, description="Look whether what was told answers the prompt, where the base proves able to tell."
    )
    relevance_layer: float = Field(
        0.33,
        ge=0,
        le=1,
        description="Height of the base's layer that relevance is read from, 1 the top; from the next night on.",
    )

    @field_validator("presets")
    @classmethod
    def _names_are_new(cls, presets: Dict[str, List[int]]) -> Dict[str, List[int]]:
        taken = sorted(set(presets) & set(PLACEMENTS))
        if taken:
            raise ValueError(f"{taken[0]!r} is a placement already; choose another name")
        return presets

    @field_validator("placement")
    @classmethod
    def _placement_is_known(cls, placement: str, info: ValidationInfo) -> str:
        # Where the presets are refused themselves, they are what has to be mended first.
        known = [*PLACEMENTS, *info.data.get("presets", {})]
        if placement not in known:
            raise ValueError(f"must be one of {', '.join(known)}; presets may name more")
        return placement
