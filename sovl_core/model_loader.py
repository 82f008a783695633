"""``load_models``: finds and reads the base with its tokenizer, and prepares the scaffold to be built on first use."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Optional

from sovl_core.models import Models
from sovl_core.plugin_blame import kernels_own
from sovl_core.pretrained import load_causal_lm, load_tokenizer
from sovl_core.scaffold import build_scaffold, check_scaffold_spec, parse_scaffold_spec

if TYPE_CHECKING:
    from sovl_core.model_store import ModelStore
    from sovl_core.plugin_manager import PluginManager
    from sovl_core.system_config import SystemConfig
    from sovl_core.system_logging import ThreadSafeLogger


def load_models(
    config: SystemConfig,
    hooks: Optional[PluginManager],
    store: ModelStore,
    logger: Optional[ThreadSafeLogger] = None,
) -> Models:
    """Load the base and its tokenizer; the scaffold follows when it is first asked for.

    ``hooks.on_load_model`` is called before each model is read; ``on_models_loaded`` is the caller's. A number in
    ``core.threads`` sets PyTorch's CPU threads for the whole process.

    :raises ConfigError: when the scaffold, device or precision in the configuration cannot be.
    :raises ModelNotFound: when a model is in none of the places searched, or cannot be read.
    :raises SOVLError: when it does not fit in memory.
    """
    # Before minutes of downloading: a scaffold that nobody understands.
    spec = parse_scaffold_spec(config.core.scaffold_model)
    path = str(store.locate(config.core.base_model))
    if config.core.threads:
        import torch

        torch.set_num_threads(config.core.threads)
    tokenizer = load_tokenizer(path, config.core.trust_remote_code)
    base = load_causal_lm(path, "base", config, hooks, logger)
    check_scaffold_spec(spec, base)

    def build(models: Models) -> Any:
        return build_scaffold(config.core.scaffold_model, models, config, store, hooks, logger)

    # A plugin asks for the scaffold, and is not to blame for a setting that names none, nor for the time it takes.
    own = kernels_own if hooks is None else hooks.kernels_own
    return Models(base, tokenizer, None if spec.kind == "none" else own(build), base_path=path)
