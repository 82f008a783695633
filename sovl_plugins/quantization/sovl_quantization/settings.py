"""Settings of the quantization plugin: the base's precision and how quantizing is done."""

from __future__ import annotations

from typing import Any, Dict, List, Literal

from pydantic import Field

from sovl_core.plugin import PluginSettings

# Read when the model is loaded; within a session the commands int8, int4, ... load it again.
_AT_START: Dict[str, Any] = {"live": False}


class QuantizationSettings(PluginSettings):
    """How the base model is loaded. The scaffold and everything that learns keep their full precision."""

    mode: Literal["auto", "fp32", "fp16", "bf16", "int8", "int4"] = Field(
        default="auto",
        description='Precision of the base\'s weights; "auto" leaves it to core.precision.',
        json_schema_extra=_AT_START,
    )
    int4_type: Literal["nf4", "fp4"] = Field(
        default="nf4", description="Number format of int4: normal floats or plain ones.", json_schema_extra=_AT_START
    )
    double_quantization: bool = Field(
        default=True, description="In int4 quantize the scales too: 0.4 bit a weight less.", json_schema_extra=_AT_START
    )
    outlier_threshold: float = Field(
        default=6.0,
        ge=0.0,
        le=1000.0,
        description="In int8 activations above this are multiplied in 16 bit; 0 treats none so.",
        json_schema_extra=_AT_START,
    )
    skip_modules: List[str] = Field(
        default_factory=list,
        max_length=1000,
        description="Names of layers that int8 and int4 leave alone, besides the LM head.",
        json_schema_extra=_AT_START,
    )
    measure_tokens: int = Field(
        default=24, ge=1, le=1024, description="Tokens decoded to measure the speed before and after a change."
    )
