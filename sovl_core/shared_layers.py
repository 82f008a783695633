"""A causal LM made of another's first decoder layers, sharing its weights: no second copy in memory."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any, Optional

from sovl_core.error_handling import SOVLError
from sovl_core.pretrained import quiet_transformers

if TYPE_CHECKING:
    from torch import nn


def shared_layers(base: Any, layers: Optional[int] = None) -> Any:
    """Return a causal LM of the base's first decoder layers whose parameters are the base's own objects.

    Embeddings, final norm and LM head are shared too; buffers, which a forward pass may rewrite, are copied. Hooks on
    the base's modules are not carried over.

    :param base: a causal LM whose weights are not quantized.
    :param layers: how many; None takes all.
    :raises SOVLError: when the base's modules were replaced since it was loaded.
    """
    import torch

    model_class = type(base)
    config = first_layers_config(base.config, layers)
    # Initialising on the meta device allocates nothing, but still draws random numbers.
    with quiet_transformers(), torch.random.fork_rng(devices=[]), torch.device("meta"):
        model = model_class(config)
    _share(model, base)
    model.generation_config = copy.deepcopy(getattr(base, "generation_config", None))
    return model.eval()


def first_layers_config(config: Any, layers: Optional[int]) -> Any:
    """Return a copy of a model's configuration for its first ``layers`` decoder layers (None: all), unquantized."""
    config = copy.deepcopy(config)
    if hasattr(config, "quantization_config"):
        del config.quantization_config
    get_text_config = getattr(config, "get_text_config", None)
    text = get_text_config() if callable(get_text_config) else config
    available = text.num_hidden_layers
    if layers is None or layers == available:
        return config
    # Lists such as layer_types and no_rope_layers hold one entry a layer.
    for key, value in list(vars(text).items()):
        if "layer" in key and isinstance(value, (list, tuple)) and len(value) == available:
            setattr(text, key, value[:layers])
    text.num_hidden_layers = layers
    return config


def _share(target: nn.Module, source: nn.Module) -> None:
    import torch

    modules = dict(source.named_modules())
    for name, module in target.named_modules():
        origin: Any = modules.get(name)
        if type(origin) is not type(module):
            found = "nothing" if origin is None else type(origin).__name__
            raise SOVLError(
                f"the base cannot be shared: at {name} it has {found}, not {type(module).__name__}",
                "A plugin replaced a module of the base; set core.scaffold_model to another model, or switch it off.",
            )
        module._parameters.update({key: origin._parameters[key] for key in module._parameters})
        for key in module._buffers:
            buffer = origin._buffers[key]
            module._buffers[key] = None if buffer is None else buffer.clone()
        for key, value in list(vars(module).items()):
            if isinstance(value, torch.Tensor) and value.is_meta:
                setattr(module, key, getattr(origin, key).clone())
