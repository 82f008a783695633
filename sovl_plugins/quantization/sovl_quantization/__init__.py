"""Precision of the base model: fp32, fp16, bf16, int8 or int4, changed in place and measured."""

from __future__ import annotations

from sovl_quantization.modes import MODES, set_quantization_mode
from sovl_quantization.plugin import QuantizationPlugin
from sovl_quantization.settings import QuantizationSettings

__all__ = ["MODES", "QuantizationPlugin", "QuantizationSettings", "set_quantization_mode"]
