"""Reading models and tokenizers from disk with transformers: quietly, from safetensors only, on the right device.

Hides what differs between transformers 4.46 and 5. Knows nothing of where folders come from (see ``model_store``).
"""

from __future__ import annotations

import contextlib
import warnings
from typing import TYPE_CHECKING, Any, Dict, Iterator, List, Mapping, Optional

from sovl_core.error_handling import ConfigError, ModelNotFound, SOVLError
from sovl_core.events import ModelRequest
from sovl_core.system_logging import log_info

if TYPE_CHECKING:
    import torch

    from sovl_core.plugin_manager import PluginManager
    from sovl_core.system_config import SystemConfig
    from sovl_core.system_logging import ThreadSafeLogger

PRECISIONS = ("float32", "bfloat16", "float16")


def dtype_argument(dtype: Any) -> Dict[str, Any]:
    """Return the precision as a keyword argument under the name the installed transformers knows.

    ``torch_dtype`` was renamed ``dtype`` in transformers 4.56.
    """
    import transformers

    major, minor = (int(part) for part in transformers.__version__.split(".")[:2])
    return {"dtype" if (major, minor) >= (4, 56) else "torch_dtype": dtype}


@contextlib.contextmanager
def quiet_transformers() -> Iterator[None]:
    """Keep transformers and huggingface_hub from writing progress bars and warnings within this block."""
    import huggingface_hub.utils
    import transformers.utils.logging

    hub: Any = huggingface_hub.utils
    logging: Any = transformers.utils.logging
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        verbosity, bars = logging.get_verbosity(), logging.is_progress_bar_enabled()
        hub_bars = not hub.are_progress_bars_disabled()
        logging.set_verbosity_error()
        logging.disable_progress_bar()
        try:
            yield
        finally:
            logging.set_verbosity(verbosity)
            if bars:
                logging.enable_progress_bar()
            # transformers' switch also moves the hub's own.
            if hub_bars:
                hub.enable_progress_bars()
            else:
                hub.disable_progress_bars()


def resolve_device(name: str) -> torch.device:
    """Return the device a setting names; ``auto`` takes the first of CUDA, Apple's GPU and the CPU that is there.

    :raises ConfigError: for a name PyTorch does not know or a device this machine does not have.
    """
    import torch

    cuda, mps = torch.cuda.is_available(), torch.backends.mps.is_available()
    if name == "auto":
        return torch.device("cuda" if cuda else "mps" if mps else "cpu")
    hint = "Set core.device to auto, cpu, cuda or mps."
    try:
        device = torch.device(name)
    except RuntimeError as error:
        raise ConfigError(f"core.device: PyTorch knows no device {name!r}", hint) from error
    if (device.type == "cuda" and not cuda) or (device.type == "mps" and not mps):
        raise ConfigError(f"core.device: this machine has no {name!r} that PyTorch can use", hint)
    return device


def resolve_dtype(precision: str, device: torch.device) -> torch.dtype:
    """Return the precision a setting names; ``auto`` is bfloat16 on CUDA (float16 where it lacks that), else float32.

    :raises ConfigError: for an unknown name.
    """
    import torch

    if precision == "auto":
        if device.type != "cuda":
            return torch.float32
        return torch.bfloat16 if torch.cuda.is_bf16_supported() else torch.float16
    if precision not in PRECISIONS:
        raise ConfigError(f"core.precision: {precision!r} is unknown", f"Use auto, {', '.join(PRECISIONS)}.")
    dtype: torch.dtype = getattr(torch, precision)
    return dtype


def load_causal_lm(
    path: str,
    role: str,
    config: SystemConfig,
    hooks: Optional[PluginManager] = None,
    logger: Optional[ThreadSafeLogger] = None,
    arguments: Optional[Mapping[str, Any]] = None,
) -> Any:
    """Read a causal LM from a folder and put it on its device, in evaluation mode.

    :param path: folder with configuration and safetensors weights.
    :param role: ``base`` or ``scaffold``.
    :param config: ``core.device``, ``core.precision`` and ``core.trust_remote_code`` are read.
    :param hooks: asked by ``on_load_model`` how to load; None loads plainly.
    :param arguments: further keyword arguments of ``from_pretrained``, before the hook.
    :raises ModelNotFound: when the folder does not hold a whole causal LM that transformers can read.
    :raises SOVLError: when the model does not fit in memory.
    """
    device = resolve_device(config.core.device)
    request = ModelRequest(
        role,
        path,
        {
            "dtype": resolve_dtype(config.core.precision, device),
            "trust_remote_code": config.core.trust_remote_code,
            "local_files_only": True,
            "use_safetensors": True,
            **(arguments or {}),
        },
    )
    if hooks is not None:
        hooks.on_load_model(request)
    model = _from_pretrained(request, device)
    log_info(
        logger,
        "model_loaded",
        role=role,
        path=request.path,
        parameters=model.num_parameters(),
        device=str(model.device),
    )
    return model


def load_tokenizer(path: str, trust_remote_code: bool = False) -> Any:
    """Read a tokenizer from a folder; one without a padding token pads with its end-of-text token.

    :raises ModelNotFound: when the folder holds no tokenizer that transformers can read.
    """
    from transformers import AutoTokenizer

    try:
        with quiet_transformers():
            tokenizer = AutoTokenizer.from_pretrained(path, trust_remote_code=trust_remote_code, local_files_only=True)
    # transformers raises whatever its readers raise (OSError, ValueError, KeyError, exceptions of Rust code).
    except Exception as error:
        raise ModelNotFound(f"{path}: its tokenizer cannot be read: {_first_line(error)}", _hint(error)) from error
    if tokenizer.pad_token is None:
        tokenizer.pad_token = tokenizer.eos_token or tokenizer.unk_token
    return tokenizer


def is_quantized(model: Any) -> bool:
    """Return True when weights of the model are stored as integers (bitsandbytes int8 or 4 bit, for example)."""
    return bool(getattr(model, "is_quantized", False)) or any(not p.is_floating_point() for p in model.parameters())


def _from_pretrained(request: ModelRequest, device: torch.device) -> Any:
    from transformers import AutoModelForCausalLM

    arguments = _arguments(request.arguments, device)
    reader: Any = AutoModelForCausalLM
    try:
        with quiet_transformers():
            model, info = reader.from_pretrained(request.path, output_loading_info=True, **arguments)
    # As above: anything a reader raises means that this folder cannot be loaded.
    except Exception as error:
        if _out_of_memory(error):
            raise _does_not_fit(request, error) from error
        # transformers explains this one in a table on the screen, which is not shown.
        of_other_sizes = "ignore_mismatched_sizes" in str(error)
        why = "its weights are of other sizes than its config.json says" if of_other_sizes else _first_line(error)
        raise ModelNotFound(f"{request.path} cannot be loaded as the {request.role}: {why}", _hint(error)) from error
    _refuse_missing(request, model, info["missing_keys"])
    if "device_map" not in arguments:
        try:
            model.to(device)
        except RuntimeError as error:
            raise _does_not_fit(request, error) from error
    return model.eval()


def _arguments(arguments: Dict[str, Any], device: torch.device) -> Dict[str, Any]:
    arguments = dict(arguments)
    # A plugin may have used either name of the precision.
    precision = arguments.pop("torch_dtype", arguments.get("dtype"))
    arguments.pop("dtype", None)
    if arguments.get("quantization_config") is not None:
        # Quantized weights are packed while they are read and cannot be moved afterwards.
        arguments.setdefault("device_map", {"": str(device)})
    return {**arguments, **dtype_argument(precision)}


def _refuse_missing(request: ModelRequest, model: Any, missing: Any) -> None:
    # transformers fills what a file lacks with random numbers and only warns.
    tied = bool(getattr(model.config, "tie_word_embeddings", False))
    lacking: List[str] = sorted(key for key in missing if not (tied and key.endswith("lm_head.weight")))
    if lacking:
        raise ModelNotFound(
            f"{request.path}: its weights lack {len(lacking)} of the model's parameters ({', '.join(lacking[:3])} ...)",
            "The folder is incomplete or of another architecture: fetch it again.",
        )


def _out_of_memory(error: Exception) -> bool:
    import torch

    return isinstance(error, (MemoryError, torch.cuda.OutOfMemoryError)) or "can't allocate memory" in str(error)


def _does_not_fit(request: ModelRequest, error: Exception) -> SOVLError:
    return SOVLError(
        f"{request.path} does not fit in memory as the {request.role}: {_first_line(error)}",
        "Choose a smaller model, core.precision = bfloat16, or int8 or int4 by the quantization plugin.",
    )


def _first_line(error: Exception) -> str:
    text = str(error).strip()
    return f"{type(error).__name__}: {text.splitlines()[0]}" if text else type(error).__name__


def _hint(error: Exception) -> str:
    if "trust_remote_code" in str(error):
        return "It brings code of its own; if you trust it, run: sovl config set core.trust_remote_code true"
    return "Check the folder, or see `sovl doctor` for the versions installed."
