"""Where things are in a causal LM: decoder layers, widths, heads and the linear layers LoRA adapts, for each family.

Works on a causal LM, on its bare decoder, and on either with PEFT on top. Families: Llama (Mistral, SmolLM), SmolLM3,
GPT-2, GPT-NeoX, OPT, Qwen2 and Qwen3, Gemma 1 to 3, Phi and Phi-3, and any other that names its layers as one of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, List, Optional

from sovl_core.error_handling import ModelNotFound

if TYPE_CHECKING:
    from torch import Tensor, nn

#: Where decoder layers are, seen from the decoder: Llama and most others; GPT-2, Falcon, Bloom; OPT; models with a
#: picture or sound encoder beside the text decoder; MPT.
LAYER_PATHS = ("layers", "h", "decoder.layers", "language_model.layers", "blocks")

#: Linear layers that choose experts: adapting them moves routing, which LoRA on attention and MLP must not.
ROUTER_NAMES = frozenset({"gate", "router", "shared_expert_gate"})


def unwrap(model: Any) -> Any:
    """Return the Hugging Face model inside a PEFT model (LoRA stays in it), or the model itself."""
    inner = getattr(model, "get_base_model", None)
    return inner() if callable(inner) else model


def decoder(model: Any) -> Any:
    """Return the part of a causal LM whose output has ``last_hidden_state``: everything but the LM head."""
    inner = unwrap(model)
    return getattr(inner, "base_model", inner)


def decoder_layers(model: Any) -> List[nn.Module]:
    """Return the decoder layers, bottom first.

    A forward hook on one of them receives hidden states float [batch, tokens, :func:`hidden_size`]; read and replace
    its output with :func:`layer_output` and :func:`replace_layer_output`.

    :raises ModelNotFound: when the model keeps its layers at none of :data:`LAYER_PATHS`.
    """
    from torch import nn

    inner = decoder(model)
    for path in LAYER_PATHS:
        found = _submodule(inner, path)
        if isinstance(found, nn.ModuleList) and len(found) > 0:
            return list(found)
    looked = ", ".join(f"{type(inner).__name__}.{path}" for path in LAYER_PATHS)
    raise ModelNotFound(
        f"{type(unwrap(model)).__name__} is of no known family: no decoder layers at {looked}",
        "Choose a causal LM of the Llama, GPT-2, GPT-NeoX, OPT, Qwen, Gemma or Phi family.",
    )


def text_config(model: Any) -> Any:
    """Return the configuration of the text decoder, also for models with a picture or sound encoder beside it."""
    config = unwrap(model).config
    get_text_config = getattr(config, "get_text_config", None)
    return get_text_config() if callable(get_text_config) else config


def hidden_size(model: Any) -> int:
    """Return the width of the residual stream, which is what decoder layers take and give."""
    return _number(model, "hidden_size", "the width of its hidden states")


def output_size(model: Any) -> int:
    """Return the width of ``last_hidden_state``; differs from :func:`hidden_size` in OPT-350m, which projects down."""
    return int(getattr(text_config(model), "word_embed_proj_dim", None) or hidden_size(model))


def num_heads(model: Any) -> int:
    """Return the number of attention heads (of queries, where keys have fewer)."""
    return _number(model, "num_attention_heads", "the number of its attention heads")


def vocab_size(model: Any) -> int:
    """Return the number of tokens the model gives logits for, which may exceed the tokenizer's vocabulary."""
    return _number(model, "vocab_size", "the size of its vocabulary")


def max_positions(model: Any) -> Optional[int]:
    """Return the number of tokens the model was built for, None where the configuration names no limit."""
    value = getattr(text_config(model), "max_position_embeddings", None)
    return int(value) if value else None


def linear_names(model: Any) -> List[str]:
    """Return the names of the linear layers of attention and MLP, sorted, as PEFT's ``target_modules`` takes them.

    Counts GPT-2's ``Conv1D`` and quantized layers as linear; leaves out the LM head, embeddings and expert routers.

    :raises ModelNotFound: when the layers hold none, or the family is unknown.
    """
    from torch import nn
    from transformers.pytorch_utils import Conv1D

    names = set()
    for layer in decoder_layers(model):
        for path, module in layer.named_modules():
            parts = [part for part in path.split(".") if part != "base_layer"]
            adapter = any(part.startswith("lora_") for part in parts)
            if isinstance(module, (nn.Linear, Conv1D)) and not adapter and parts[-1] not in ROUTER_NAMES:
                names.add(parts[-1])
    if not names:
        raise ModelNotFound(
            f"{type(unwrap(model)).__name__}: its decoder layers hold no linear layers for LoRA",
            "Name the layers to adapt in lora.target_modules.",
        )
    return sorted(names)


def layer_output(output: Any) -> Tensor:
    """Return the hidden states in what a decoder layer returned.

    :param output: a tensor (newer transformers) or a tuple that begins with it (older).
    :return: float [batch, tokens, width].
    :raises TypeError: when it is neither.
    """
    import torch

    if isinstance(output, torch.Tensor):
        return output
    if isinstance(output, (tuple, list)) and output and isinstance(output[0], torch.Tensor):
        return output[0]
    raise TypeError(f"a decoder layer returned {type(output).__name__}, not a tensor or a tuple beginning with one")


def replace_layer_output(output: Any, hidden: Tensor) -> Any:
    """Return what a decoder layer returned with other hidden states in it, in the same form.

    :param output: a tensor or a tuple that begins with it.
    :param hidden: float [batch, tokens, width].
    :raises TypeError: as :func:`layer_output`.
    """
    if layer_output(output) is output:
        return hidden
    return type(output)([hidden, *output[1:]])


def _submodule(root: Any, path: str) -> Any:
    for name in path.split("."):
        root = getattr(root, name, None)
    return root


def _number(model: Any, key: str, what: str) -> int:
    config = text_config(model)
    value = getattr(config, key, None)
    if not isinstance(value, int):
        raise ModelNotFound(
            f"{type(unwrap(model)).__name__} does not say {what}: {type(config).__name__} has no {key!r}",
            "Choose a causal LM of the Llama, GPT-2, GPT-NeoX, OPT, Qwen, Gemma or Phi family.",
        )
    return value
