"""The settings of the classic program's ``config.json``: what each is called today, or what has taken its place."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Callable, Dict, Mapping

#: Every setting of a classic file by its key in full, such as ``core_config.base_model_name``.
ClassicFile = Mapping[str, Any]


@dataclass(frozen=True)
class LeftOut:
    """Given back instead of a value by a setting that says nothing in this file; ``why`` it does not."""

    why: str


@dataclass(frozen=True)
class ClassicSetting:
    """One classic setting: ``new`` is its key today, "" for none.

    ``why`` tells what has taken the place of one that has none, and of another what is to be known about it.
    ``convert`` makes today's value out of the classic one, looking at the rest of the file where that decides.
    """

    key: str
    new: str = ""
    why: str = ""
    convert: Callable[[Any, ClassicFile], Any] = lambda value, _: value


#: Settings whose value means what it meant.
_RENAMED: Dict[str, Dict[str, str]] = {
    "core_config": {
        "base_model_name": "core.base_model",
        "valid_split_ratio": "core.validation_split",
        "random_seed": "core.seed",
        "quantization": "plugins.quantization.mode",
    },
    "lora_config": {
        "lora_rank": "lora.rank",
        "lora_alpha": "lora.alpha",
        "lora_dropout": "lora.dropout",
        "lora_target_modules": "lora.target_modules",
    },
    "training_config": {
        "learning_rate": "training.learning_rate",
        "train_epochs": "training.epochs",
        "batch_size": "training.batch_size",
        "max_seq_length": "training.max_seq_length",
        "accumulation_steps": "training.accumulation",
        "max_patience": "training.patience",
        "max_grad_norm": "training.max_grad_norm",
        "weight_decay": "training.weight_decay",
        "warmup_ratio": "training.warmup",
        "sigmoid_scale": "lifecycle.sigmoid_scale",
        "sigmoid_shift": "lifecycle.sigmoid_shift",
        "lifecycle_capacity_factor": "lifecycle.capacity_factor",
        "lifecycle_curve": "lifecycle.curve",
        "exposure_gain_eager": "lifecycle.exposure_gain_eager",
        "exposure_gain_default": "lifecycle.exposure_gain_sluggish",
    },
    "controls_config": {
        "base_temperature": "generation.temperature",
        "conversation_history_maxlen": "generation.history_turns",
        "confidence_history_maxlen": "lifecycle.confidence_history",
        "temperament_history_maxlen": "lifecycle.temperament_history",
        "enable_repetition_check": "generation.repetition_check",
        "enable_error_listening": "generation.error_reflection",
        "enable_lora_adapters": "lora.enabled",
        "scaffold_weight_cap": "plugins.cross_attention.weight",
        "blend_strength": "plugins.cross_attention.blend",
        "enable_cross_attention": "plugins.cross_attention.enabled",
        "sleep_conf_threshold": "plugins.gestation.minimum_confidence",
        "sleep_log_min": "plugins.gestation.minimum_memories",
        "sleep_time_factor": "plugins.gestation.time_factor",
        "enable_gestation": "plugins.gestation.automatic",
        "enable_sleep_training": "plugins.gestation.enabled",
        "dream_swing_var": "plugins.dream.swing",
        "dream_lifecycle_delta": "plugins.dream.temperament_change",
        "dream_temperament_on": "plugins.dream.by_temperament",
        "enable_dreaming": "plugins.dream.enabled",
        "dream_noise_scale": "plugins.memory.noise",
        "dream_novelty_boost": "plugins.memory.novelty_noise",
        "temp_melancholy_noise": "plugins.memory.melancholy_noise",
        "dream_memory_weight": "plugins.memory.dream_memory_weight",
        "dream_memory_maxlen": "plugins.memory.dream_memory_size",
        "dream_memory_decay": "plugins.memory.dream_memory_decay",
        "dream_prune_threshold": "plugins.memory.prune_threshold",
        "memory_decay_rate": "plugins.memory.token_decay",
        "temp_mood_influence": "plugins.feedback.mood_influence",
        "temp_curiosity_boost": "plugins.feedback.curiosity_boost",
        "temp_restless_drop": "plugins.feedback.restless_drop",
        "conf_feedback_strength": "plugins.feedback.confidence_strength",
        "temp_smoothing_factor": "plugins.feedback.smoothing",
        "enable_temperament": "plugins.feedback.enabled",
    },
}

#: Those of curiosity stand under ``controls_config`` with a prefix, in later files in a section of their own.
_CURIOSITY: Dict[str, str] = {
    "novelty_threshold_spontaneous": "spontaneous_threshold",
    "novelty_threshold_response": "response_threshold",
    "pressure_threshold": "pressure_threshold",
    "pressure_drop": "pressure_drop",
    "silence_threshold": "silence",
    "question_cooldown": "cooldown",
    "queue_maxlen": "queue_size",
    "weight_ignorance": "ignorance_weight",
    "weight_novelty": "novelty_weight",
    "max_new_tokens": "question_tokens",
    "base_temperature": "temperature",
    "temperament_influence": "temperament_influence",
    "top_k": "top_k",
}

#: What is to be known about some of them.
_NOTES = {
    "core_config.cross_attn_layers": "whether the model has these layers shows when it is loaded",
    "training_config.learning_rate": "by day; nights have their own: plugins.gestation.learning_rate",
    "controls_config.enable_lifecycle_weighting": (
        "life_curve lets little of what a young life has learned be heard; all of it: lifecycle.influence full"
    ),
    "controls_config.temp_restless_drop": "it had no effect; plugins.feedback.restless_drop 0 leaves it so",
    "controls_config.sleep_time_factor": "it had no effect; here it stretches plugins.gestation.quiet_seconds",
    "controls_config.curiosity_novelty_threshold_spontaneous": (
        "a share of earlier questions; the classic score itself: plugins.curiosity.metric classic"
    ),
}

_DRY_RUN = "a dry run is asked for: sovl train FILE --dry-run"
_ITSELF = "the life knows it itself: see sovl status"
_LABELS = "moods are told by the temperament alone, at -0.5, 0 and 0.5; it had no effect"

#: Settings without a counterpart, and what has taken their place.
_REPLACED: Dict[str, Dict[str, str]] = {
    "training_config": {
        "dry_run": _DRY_RUN,
        "dry_run_params.max_samples": _DRY_RUN,
        "dry_run_params.max_length": _DRY_RUN,
        "dry_run_params.validate_architecture": _DRY_RUN,
        "dry_run_params.skip_training": _DRY_RUN,
        "use_amp": "the number format of the frozen weights decides: core.precision",
        "total_steps": "epochs and data decide: training.epochs",
    },
    "core_config": {"hidden_size": "it is read from the model"},
    "controls_config": {
        "save_path_prefix": "a life is a folder: --life PATH, SOVL_LIFE",
        "has_woken": _ITSELF,
        "is_sleeping": _ITSELF,
        "temp_eager_threshold": _LABELS,
        "temp_sluggish_threshold": _LABELS,
        "enable_confidence_tracking": "confidence comes with every reply and costs nothing",
        "memory_threshold": "models are given up when memory runs out; plugins.quantization.mode needs less",
    },
}


def _scaffold(value: Any, file: ClassicFile) -> Any:
    """One model for both is one model in memory."""
    return "base" if value and value == file.get("core_config.base_model_name") else value


def _is_dynamic(file: ClassicFile) -> bool:
    return file.get("core_config.use_dynamic_layers") is True


def _fixed_layers(value: Any, file: ClassicFile) -> Any:
    return LeftOut("use_dynamic_layers is on: the mode decides") if _is_dynamic(file) else value


def _placement_of_fixed(value: Any, file: ClassicFile) -> Any:
    if value is not False:
        return LeftOut("the mode decides") if value is True else value
    if file.get("core_config.cross_attn_layers") is None:
        return LeftOut("there are no cross_attn_layers: the placement stays as it is")
    return "custom"


def _placement_of_mode(value: Any, file: ClassicFile) -> Any:
    return value if _is_dynamic(file) else LeftOut("use_dynamic_layers is off: cross_attn_layers decide")


def _custom_layers(value: Any, file: ClassicFile) -> Any:
    if _is_dynamic(file) and file.get("core_config.layer_selection_mode") == "custom":
        return value
    return LeftOut("the layers are chosen otherwise")


def _dynamic(value: Any, file: ClassicFile) -> Any:
    return "off" if value is None or file.get("controls_config.enable_dynamic_cross_attention") is False else value


def _dynamic_allowed(value: Any, file: ClassicFile) -> Any:
    return "off" if value is False else LeftOut("dynamic_cross_attn_mode decides")


def _memory_mode(_: Any, file: ClassicFile) -> Any:
    scaffold = file.get("controls_config.use_scaffold_memory", True)
    tokens = file.get("controls_config.use_token_map_memory", True)
    modes = {(True, True): "both", (True, False): "scaffold", (False, True): "token", (False, False): "none"}
    both = (scaffold, tokens)
    return modes[both] if isinstance(scaffold, bool) and isinstance(tokens, bool) else f"{both}"


def _influence(value: Any, _: ClassicFile) -> Any:
    return {True: "life_curve", False: "full"}[value] if isinstance(value, bool) else value


def _prompt_weight(value: Any, file: ClassicFile) -> Any:
    return 0.0 if file.get("controls_config.enable_prompt_driven_dreams") is False else value


def _prompts_drive_dreams(value: Any, _: ClassicFile) -> Any:
    return 0.0 if value is False else LeftOut("dream_prompt_weight decides")


#: Settings whose value is worked out.
_WORKED_OUT = (
    ClassicSetting("core_config.scaffold_model_name", "core.scaffold_model", convert=_scaffold),
    ClassicSetting("core_config.cross_attn_layers", "plugins.cross_attention.layers", convert=_fixed_layers),
    ClassicSetting("core_config.use_dynamic_layers", "plugins.cross_attention.placement", convert=_placement_of_fixed),
    ClassicSetting("core_config.layer_selection_mode", "plugins.cross_attention.placement", convert=_placement_of_mode),
    ClassicSetting("core_config.custom_layers", "plugins.cross_attention.layers", convert=_custom_layers),
    ClassicSetting("controls_config.dynamic_cross_attn_mode", "plugins.cross_attention.dynamic", convert=_dynamic),
    ClassicSetting(
        "controls_config.enable_dynamic_cross_attention", "plugins.cross_attention.dynamic", convert=_dynamic_allowed
    ),
    ClassicSetting("controls_config.use_scaffold_memory", "plugins.memory.scaffold_memory", convert=_memory_mode),
    ClassicSetting("controls_config.use_token_map_memory", "plugins.memory.scaffold_memory", convert=_memory_mode),
    ClassicSetting("controls_config.dream_prompt_weight", "plugins.memory.prompt_weight", convert=_prompt_weight),
    ClassicSetting(
        "controls_config.enable_prompt_driven_dreams", "plugins.memory.prompt_weight", convert=_prompts_drive_dreams
    ),
    ClassicSetting("controls_config.enable_lifecycle_weighting", "lifecycle.influence", convert=_influence),
)


def classic_settings() -> Dict[str, ClassicSetting]:
    """Return every classic setting that is known, by its key in full."""
    known = [
        ClassicSetting(f"{section}.{name}", new) for section, names in _RENAMED.items() for name, new in names.items()
    ]
    known += [
        ClassicSetting(f"{section}.{name}", why=why)
        for section, names in _REPLACED.items()
        for name, why in names.items()
    ]
    known += _WORKED_OUT
    for name, new in {**_CURIOSITY, "enable": "enabled"}.items():
        old = "enable_curiosity" if name == "enable" else f"curiosity_{name}"
        known.append(ClassicSetting(f"controls_config.{old}", f"plugins.curiosity.{new}"))
        later = "enable_curiosity" if name == "enable" else name
        known.append(ClassicSetting(f"curiosity_config.{later}", f"plugins.curiosity.{new}"))
    known.append(ClassicSetting("quantization_mode", "plugins.quantization.mode"))
    return {setting.key: replace(setting, why=_NOTES.get(setting.key, setting.why)) for setting in known}
