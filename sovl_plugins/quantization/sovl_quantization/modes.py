"""Precision modes as keyword arguments of ``from_pretrained``."""

from __future__ import annotations

import importlib.util
from typing import Any, Dict, Sequence

from sovl_core.error_handling import BadInput, SOVLError

#: Mode by mode, the torch dtype of weights that are not quantized; None where the kernel's choice stands.
MODES: Dict[str, Any] = {"fp32": "float32", "fp16": "float16", "bf16": "bfloat16", "int8": None, "int4": None}
AUTO = "auto"

#: Names of the dtype argument, now and before transformers 4.56; the kernel gives it the right one of the two.
DTYPE_ARGUMENTS = ("dtype", "torch_dtype")


def set_quantization_mode(
    mode: str,
    arguments: Dict[str, Any],
    *,
    int4_type: str = "nf4",
    double_quantization: bool = True,
    outlier_threshold: float = 6.0,
    skip_modules: Sequence[str] = (),
) -> Dict[str, Any]:
    """Change keyword arguments of ``from_pretrained`` so that the model is loaded in a precision.

    In int8 and int4 the weights of linear layers are quantized by bitsandbytes (LLM.int8, arXiv:2208.07339; NF4,
    arXiv:2305.14314); everything else, and what int4 computes in, keeps the dtype that ``arguments`` name.

    :param mode: ``fp32``, ``fp16``, ``bf16``, ``int8``, ``int4``, or ``auto`` to change nothing.
    :param arguments: changed in place.
    :param int4_type: ``nf4`` or ``fp4``.
    :param double_quantization: quantize the scales of int4 too.
    :param outlier_threshold: int8 multiplies activations above it in 16 bit.
    :param skip_modules: layers to leave alone besides the LM head.
    :return: ``arguments``.
    :raises BadInput: for an unknown mode.
    :raises SOVLError: when the mode needs bitsandbytes and it is not installed.
    """
    if mode == AUTO:
        return arguments
    require_mode(mode)
    arguments.pop("quantization_config", None)
    if MODES[mode] is not None:
        _set_dtype(arguments, MODES[mode])
        return arguments
    require_bitsandbytes(mode)
    arguments["quantization_config"] = _bitsandbytes_config(
        mode, _dtype(arguments), int4_type, double_quantization, outlier_threshold, list(skip_modules)
    )
    return arguments


def require_mode(mode: str) -> None:
    """Refuse a mode that does not exist.

    :raises BadInput: naming those that do.
    """
    if mode not in MODES:
        raise BadInput(f"There is no precision {mode!r}", f"Choose one of {', '.join(MODES)}")


def require_bitsandbytes(mode: str) -> None:
    """Refuse a mode that needs bitsandbytes where it is not installed.

    :raises SOVLError: with the command that installs it.
    """
    if importlib.util.find_spec("bitsandbytes") is None:
        raise SOVLError(f"Precision {mode} needs bitsandbytes, which is not installed", "pip install bitsandbytes")


def _dtype(arguments: Dict[str, Any]) -> Any:
    import torch

    for key in DTYPE_ARGUMENTS:
        value = arguments.get(key)
        if isinstance(value, torch.dtype):
            return value
        if isinstance(value, str) and isinstance(getattr(torch, value, None), torch.dtype):
            return getattr(torch, value)
    return torch.float32


def _set_dtype(arguments: Dict[str, Any], name: str) -> None:
    import torch

    for key in DTYPE_ARGUMENTS:
        arguments.pop(key, None)
    arguments[DTYPE_ARGUMENTS[0]] = getattr(torch, name)


def _bitsandbytes_config(
    mode: str, dtype: Any, int4_type: str, double_quantization: bool, threshold: float, skip: Sequence[str]
) -> Any:
    from transformers import BitsAndBytesConfig

    # Without the LM head in the list, naming any module would have it quantized, which transformers' default avoids.
    left_alone = ["lm_head", *skip] if skip else None
    if mode == "int8":
        return BitsAndBytesConfig(load_in_8bit=True, llm_int8_threshold=threshold, llm_int8_skip_modules=left_alone)
    return BitsAndBytesConfig(
        load_in_4bit=True,
        bnb_4bit_quant_type=int4_type,
        bnb_4bit_use_double_quant=double_quantization,
        bnb_4bit_compute_dtype=dtype,
        llm_int8_skip_modules=left_alone,
    )
