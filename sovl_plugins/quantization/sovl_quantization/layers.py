"""Quantized layers as they are after loading: what a model's precision is, and gradients that pass through it."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, Dict, Iterator, Tuple

if TYPE_CHECKING:
    from torch import nn

#: Warnings of bitsandbytes that tell the user nothing they could act on, by logger: int8 casts its input, said at every
#: layer of every token; a kernel for 4-bit weights on the CPU is missing, which has no backward and is not wanted here.
CHATTER = {
    "bitsandbytes.autograd._functions": "inputs will be cast",
    "bitsandbytes.backends.cpu.ops": "Failed to load CPU gemm_4bit_forward",
}


def precision_of(model: nn.Module) -> str:
    """Return a model's precision as a mode's name: by its quantized layers, else by the dtype of most weights."""
    for module in model.modules():
        kind = type(module).__name__
        if kind == "Linear8bitLt":
            return "int8"
        if kind == "Linear4bit":
            return "int4"
    sizes: Dict[Any, int] = {}
    for parameter in model.parameters():
        sizes[parameter.dtype] = sizes.get(parameter.dtype, 0) + parameter.numel()
    if not sizes:
        return "none"
    name = str(max(sizes, key=lambda dtype: sizes[dtype])).replace("torch.", "")
    return {"float32": "fp32", "float16": "fp16", "bfloat16": "bf16"}.get(name, name)


def let_gradients_through(model: nn.Module) -> int:
    """Keep 4-bit layers in the layout that gradients pass through; returns how many layers were changed.

    On CPUs with AVX512-BF16 bitsandbytes repacks a 4-bit weight at the first forward without gradient, and its kernel
    for that layout has no backward: every gradient below the layer is silently lost, and with it each night.
    """
    changed = 0
    for layer in _four_bit_layers(model):
        if getattr(layer, "support_avx512bf16_for_cpu", False):
            layer.support_avx512bf16_for_cpu = False
            changed += 1
    return changed


def footprint(model: nn.Module) -> int:
    """Return the bytes of a model's weights and buffers, quantization scales included, shared storage counted once."""
    storages = {}
    for tensor in _tensors(model):
        storage = tensor.untyped_storage()
        storages[storage.data_ptr()] = storage.nbytes()
    return sum(storages.values())


class Quiet:
    """Silences :data:`CHATTER` between :meth:`start` and :meth:`stop`; a second call of either changes nothing."""

    def start(self) -> None:
        """Begin."""
        for name in CHATTER:
            logging.getLogger(name).addFilter(self._wanted)

    def stop(self) -> None:
        """End."""
        for name in CHATTER:
            logging.getLogger(name).removeFilter(self._wanted)

    @staticmethod
    def _wanted(record: logging.LogRecord) -> bool:
        return CHATTER.get(record.name, "\0") not in str(record.msg)


def _four_bit_layers(model: nn.Module) -> Iterator[Any]:
    return (module for module in model.modules() if type(module).__name__ == "Linear4bit")


def _tensors(model: nn.Module) -> Iterator[Any]:
    for module in model.modules():
        yield from module.parameters(recurse=False)
        yield from module.buffers(recurse=False)
        # bitsandbytes keeps codes and scales beside the parameters: int8 on the layer, int4 on the weight.
        yield from _scales(getattr(module, "state", None), ("CB", "SCB"))
        yield from _scales(getattr(module, "weight", None), ("CB", "SCB"))
        state = getattr(getattr(module, "weight", None), "quant_state", None)
        yield from _scales(state, ("absmax", "code", "offset"))
        yield from _scales(getattr(state, "state2", None), ("absmax", "code"))


def _scales(owner: Any, names: Tuple[str, ...]) -> Iterator[Any]:
    import torch

    for name in names:
        value = getattr(owner, name, None)
        if isinstance(value, torch.Tensor):
            yield value
