"""The scaffold: the model beside the base that learns, made of the base's own layers or of another model, with LoRA.

A scaffold of the base's layers shares their weights: its parameters *are* the base's, only LoRA is new. PEFT never
touches the base's own modules, so the base computes the same numbers whether a scaffold exists or not.
"""

from __future__ import annotations

import contextlib
import difflib
import inspect
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Dict, Iterator, List, Optional, Sequence, Tuple

from sovl_core import model_layers
from sovl_core.error_handling import BadInput, ConfigError, ModelNotFound
from sovl_core.lean_peft import without_bitsandbytes
from sovl_core.pretrained import is_quantized, load_causal_lm, load_tokenizer, quiet_transformers
from sovl_core.shared_layers import first_layers_config, shared_layers
from sovl_core.shared_prefix import common_prefix, read_side_by_side

if TYPE_CHECKING:
    from torch import Tensor, nn

    from sovl_core.model_store import ModelStore
    from sovl_core.models import Models
    from sovl_core.plugin_manager import PluginManager
    from sovl_core.system_config import LoraSettings, SystemConfig
    from sovl_core.system_logging import ThreadSafeLogger

_SHARED = re.compile(r"base(?:\[:(\d+)(?:/(\d+))?\])?")
_SPEC_HINT = (
    'Use "base[:10]" (the first 10 layers of the base), "base[:2/3]" (two thirds of them), "base" (all), "none", or '
    "another model: "
    "a folder, a hub id or a GGUF file."
)


@dataclass(frozen=True)
class ScaffoldSpec:
    """What the scaffold is made of.

    ``kind`` is ``none``, ``shared`` (layers of the base; ``layers`` None means all) or ``model`` (``model`` names it).
    With ``parts`` the scaffold has ``layers`` of every ``parts`` layers of the base: 2 of every 3.
    """

    kind: str
    layers: Optional[int] = None
    model: str = ""
    parts: Optional[int] = None

    def count(self, available: int) -> Optional[int]:
        """Return how many layers of a base that has ``available`` are the scaffold's; None for all."""
        if self.layers is None or self.parts is None:
            return self.layers
        return max(1, round(available * self.layers / self.parts))


def parse_scaffold_spec(spec: str) -> ScaffoldSpec:
    """Read ``core.scaffold_model``.

    :param spec: ``base[:K]``, ``base[:N/M]``, ``base``, ``none`` (or nothing), or anything that names a model.
    :raises ConfigError: for something in brackets that is not understood, or no layers at all.
    """
    text = spec.strip()
    if text.lower() in ("", "none"):
        return ScaffoldSpec("none")
    shared = _SHARED.fullmatch(text)
    if shared:
        layers = int(shared.group(1)) if shared.group(1) else None
        parts = int(shared.group(2)) if shared.group(2) else None
        if layers == 0 or parts == 0:
            raise ConfigError(f"core.scaffold_model: {spec!r} has no layers", _SPEC_HINT)
        return ScaffoldSpec("shared", layers, parts=parts)
    if re.match(r"base\s*\[", text):
        raise ConfigError(f"core.scaffold_model: {spec!r} is not understood", _SPEC_HINT)
    return ScaffoldSpec("model", model=text)


def check_scaffold_spec(spec: ScaffoldSpec, base: Any) -> None:
    """Refuse a scaffold with more layers than the base has.

    :raises ConfigError: with the number of layers there are.
    """
    if spec.kind == "shared" and spec.layers is not None:
        available = len(model_layers.decoder_layers(base))
        wanted = spec.count(available) or available
        if wanted > available:
            raise ConfigError(
                f'core.scaffold_model: "base[:{wanted}]" asks for {wanted} layers, the base has {available}',
                f'Use "base[:K]" with K from 1 to {available}.',
            )


def build_scaffold(
    spec: str,
    models: Models,
    config: SystemConfig,
    store: Optional[ModelStore] = None,
    hooks: Optional[PluginManager] = None,
    logger: Optional[ThreadSafeLogger] = None,
) -> Tuple[Any, Any]:
    """Build the scaffold with LoRA attached; only LoRA requires a gradient, in float32; without it nothing does.

    A model that is the base's own folder shares the base's weights. ``on_load_model`` is called for another model
    only: the layers of a quantized base are read again in full precision, and nobody may quantize those.

    :param spec: see :func:`parse_scaffold_spec`.
    :param models: the loaded base.
    :param config: ``core`` and ``lora`` are read; ``core.seed`` seeds LoRA's start.
    :param store: finds another model; needed for nothing else.
    :return: the PEFT model in evaluation mode, and its tokenizer (the base's own object when the weights are shared).
    :raises ConfigError: for a specification or LoRA layers that do not fit.
    :raises ModelNotFound: when another model cannot be found or read.
    """
    parsed = parse_scaffold_spec(spec)
    if parsed.kind == "none":
        raise BadInput("no scaffold is configured", f"Set core.scaffold_model. {_SPEC_HINT}")
    check_scaffold_spec(parsed, models.base)
    tokenizer = models.base_tokenizer
    if parsed.kind == "model":
        if store is None:
            raise BadInput(f"no model store was given to look for the scaffold {parsed.model!r}")
        path = _locate(store, parsed.model)
        if path == models.base_path:
            parsed = ScaffoldSpec("shared")
        else:
            tokenizer = load_tokenizer(path, config.core.trust_remote_code)
            return _with_lora(load_causal_lm(path, "scaffold", config, hooks, logger), config), tokenizer
    layers = parsed.count(len(model_layers.decoder_layers(models.base)))
    if is_quantized(models.base):
        model = _first_layers_from_disk(models, layers, config, logger)
    else:
        model = shared_layers(models.base, layers)
    return _with_lora(model, config, layers), tokenizer


def _locate(store: ModelStore, model: str) -> str:
    try:
        return str(store.locate(model))
    except ModelNotFound as error:
        hint = error.hint.replace("core.base_model", "core.scaffold_model")
        raise ModelNotFound(f"core.scaffold_model: {error.message}", hint) from error


def scaffold_hidden_states(scaffold: Any, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
    """Let the scaffold read tokens and return its last hidden states, LoRA at work, gradients flowing to LoRA.

    Texts longer than the scaffold's positions are read in windows of that length, each for itself. Padding may stand
    on either side and changes nothing: its states are zero. What several texts begin with is read once.

    :param scaffold: the PEFT model that :func:`build_scaffold` returned (a bare causal LM works too).
    :param input_ids: int64 [batch, tokens], in the scaffold's vocabulary.
    :param attention_mask: int64 or bool [batch, tokens], 1 where there is a token.
    :return: float [batch, tokens, ``model_layers.output_size(scaffold)``], after the final norm, in the precision of
        the scaffold's weights.
    """
    return _read(scaffold, input_ids, attention_mask, ())[-1]


def scaffold_layer_states(
    scaffold: Any, input_ids: Tensor, attention_mask: Tensor, layers: Sequence[int]
) -> List[Tensor]:
    """Return what the given decoder layers put out, as :func:`scaffold_hidden_states` and in the same pass.

    :param layers: indices of decoder layers, bottom 0; negative ones count from the top.
    :return: one float [batch, tokens, ``model_layers.hidden_size(scaffold)`` ] a layer, before the final norm, in the
        order asked for.
    :raises IndexError: for a layer the scaffold does not have.
    """
    return _read(scaffold, input_ids, attention_mask, layers)[:-1]


def _read(scaffold: Any, input_ids: Tensor, attention_mask: Tensor, layers: Sequence[int]) -> List[Tensor]:
    import torch

    window = model_layers.max_positions(scaffold) or input_ids.shape[1]
    parts: List[List[Tensor]] = []
    with _captured(scaffold, layers) as captured:
        for start in range(0, input_ids.shape[1], window):
            ids, mask = input_ids[:, start : start + window], attention_mask[:, start : start + window]
            last = _window_states(scaffold, ids, mask, whole=not layers)
            absent = ~mask.bool().unsqueeze(-1)
            states = [captured[layer] for layer in layers] + [last]
            parts.append([state.masked_fill(absent, 0.0) for state in states])
    return [torch.cat(windows, dim=1) for windows in zip(*parts)]


def _window_states(scaffold: Any, input_ids: Tensor, attention_mask: Tensor, whole: bool) -> Tensor:
    """Return last hidden states; ``whole`` is False where hooks must see all tokens in one pass."""
    decoder = model_layers.decoder(scaffold)
    # A row of padding alone would be a softmax over nothing: NaN, which spreads through gradients even where masked.
    empty = attention_mask.sum(dim=1, keepdim=True) == 0
    mask = attention_mask.long().masked_fill(empty, 1)
    takes = inspect.signature(decoder.forward).parameters
    if whole and "past_key_values" in takes and common_prefix(input_ids, mask):
        return read_side_by_side(decoder, input_ids, mask)[0]
    arguments: Dict[str, Any] = {}
    if bool((mask[:, 0] == 0).any()) and "position_ids" in takes:
        arguments["position_ids"] = (mask.cumsum(dim=1) - 1).clamp(min=0)
    output = decoder(input_ids=input_ids, attention_mask=mask, use_cache=False, **arguments)
    states: Tensor = output.last_hidden_state
    return states


@contextlib.contextmanager
def _captured(scaffold: Any, layers: Sequence[int]) -> Iterator[Dict[int, Tensor]]:
    states: Dict[int, Tensor] = {}

    def capture(index: int) -> Any:
        def hook(module: nn.Module, args: Any, output: Any) -> None:
            states[index] = model_layers.layer_output(output)

        return hook

    modules = model_layers.decoder_layers(scaffold) if layers else []
    handles = [modules[index].register_forward_hook(capture(index)) for index in layers]
    try:
        yield states
    finally:
        for handle in handles:
            handle.remove()


def _first_layers_from_disk(
    models: Models, layers: Optional[int], config: SystemConfig, logger: Optional[ThreadSafeLogger]
) -> Any:
    from transformers import AutoConfig

    with quiet_transformers():
        stored = AutoConfig.from_pretrained(
            models.base_path, trust_remote_code=config.core.trust_remote_code, local_files_only=True
        )
    if getattr(stored, "quantization_config", None) is not None:
        raise ConfigError(
            f"{models.base_path} is stored quantized: its layers cannot be the scaffold",
            "Set core.scaffold_model to another model, or use the base's unquantized folder.",
        )
    return load_causal_lm(
        models.base_path, "scaffold", config, None, logger, {"config": first_layers_config(stored, layers)}
    )


def _with_lora(model: Any, config: SystemConfig, layers: Optional[int] = None) -> Any:
    if not config.lora.enabled:
        return model.requires_grad_(False).eval()
    with contextlib.nullcontext() if is_quantized(model) else without_bitsandbytes():
        return _adapted(model, config, layers)


def _adapted(model: Any, config: SystemConfig, layers: Optional[int]) -> Any:
    import torch
    from peft import LoraConfig, get_peft_model

    lora = LoraConfig(
        r=config.lora.rank,
        lora_alpha=config.lora.alpha,
        lora_dropout=config.lora.dropout,
        target_modules=_target_modules(model, config.lora),
        # Lets PEFT alone load the adapter onto the whole base without missing the upper layers.
        layers_to_transform=None if layers is None else list(range(layers)),
        task_type="CAUSAL_LM",
        bias="none",
    )
    device = next(model.parameters()).device
    with quiet_transformers(), torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
        torch.manual_seed(config.core.seed)
        scaffold = get_peft_model(model, lora)
    for parameter in scaffold.parameters():
        if parameter.requires_grad:
            parameter.data = parameter.data.float()
    return scaffold.eval()


def _target_modules(model: Any, settings: LoraSettings) -> List[str]:
    known = model_layers.linear_names(model)
    for name in settings.target_modules:
        if name not in known:
            near = difflib.get_close_matches(name, known, 1)
            meant = f"; did you mean {near[0]!r}?" if near else ""
            raise ConfigError(
                f"lora.target_modules: {type(model).__name__} has no linear layer {name!r}{meant}",
                f"Choose from {', '.join(known)}, or leave it empty for all.",
            )
    return list(settings.target_modules) or known
