"""The kernel's settings: every key with its type, default, range and what it does."""

from __future__ import annotations

from typing import Any, Dict, List, Literal

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, field_validator

from sovl_core.constants import BATCH_SIZE, DEFAULT_BASE_MODEL, DEFAULT_SCAFFOLD_MODEL, MAX_SEQ_LENGTH
from sovl_core.vitals import HISTORY_LENGTH

#: Version of the settings' layout; raised when a key changes its meaning.
CONFIG_VERSION = 1

# Read when models are loaded: a change takes effect at the next start.
_AT_START: Dict[str, Any] = {"live": False}


class Settings(BaseModel):
    """Base of the kernel's settings: unknown keys are refused, assignments are validated, numbers are finite."""

    model_config = ConfigDict(extra="forbid", validate_assignment=True, allow_inf_nan=False)


class CoreSettings(Settings):
    """Models, device and seeds."""

    base_model: str = Field(
        default=DEFAULT_BASE_MODEL,
        min_length=1,
        description="The base model: a Hugging Face id, a folder, or one GGUF file. It is never changed.",
        json_schema_extra=_AT_START,
    )
    scaffold_model: str = Field(
        default=DEFAULT_SCAFFOLD_MODEL,
        min_length=1,
        description='What learns: "base[:2/3]" (two thirds of the base, weights shared), "base[:10]", "base", another '
        'model\'s id or path, or "none".',
        json_schema_extra=_AT_START,
    )
    validation_split: float = Field(
        default=0.2, ge=0, le=0.9, description="Share of training data kept for validation."
    )
    seed: int = Field(default=42, ge=0, le=2**32 - 1, description="Seed of whatever is drawn at random.")
    device: str = Field(
        default="auto",
        pattern=r"^(auto|cpu|mps|(cuda|xpu|npu|hpu)(:[0-9]+)?)$",
        description='Where models run: "auto", "cpu", "mps", "cuda", or one of several as "cuda:1".',
        json_schema_extra=_AT_START,
    )
    precision: Literal["auto", "float32", "bfloat16", "float16"] = Field(
        default="auto",
        description='Number format of the frozen weights; "auto" is float32 on a CPU and bfloat16 on a GPU.',
        json_schema_extra=_AT_START,
    )
    threads: int = Field(
        default=0,
        ge=0,
        le=1024,
        description="CPU threads for model arithmetic; 0 leaves the choice to PyTorch.",
        json_schema_extra=_AT_START,
    )
    trust_remote_code: bool = Field(
        default=False,
        description="Allow a model's repository to run its own Python code on this machine.",
        json_schema_extra=_AT_START,
    )


class LoraSettings(Settings):
    """Low-rank adapters on the scaffold.

    The classic program had rank 8, alpha 16 and a dropout of 0.1, for a file learned in three epochs. A night
    sees each dream once or twice and has to know it in the morning: that takes rank 16, at the same scale, and dropout
    would only lengthen it.
    """

    enabled: bool = Field(
        default=True,
        description="Give the scaffold adapters; without them the cross-attention learns alone.",
        json_schema_extra=_AT_START,
    )
    rank: int = Field(default=16, ge=1, le=1024, description="Rank of the adapters.", json_schema_extra=_AT_START)
    alpha: int = Field(
        default=32, ge=1, le=4096, description="Scale of the adapters: alpha / rank.", json_schema_extra=_AT_START
    )
    dropout: float = Field(
        default=0.0, ge=0, le=0.9, description="Dropout in front of the adapters.", json_schema_extra=_AT_START
    )
    target_modules: List[str] = Field(
        default_factory=list,
        description="Names of the linear layers that get an adapter; empty: all of attention and MLP.",
        json_schema_extra=_AT_START,
    )


class TrainingSettings(Settings):
    """Training on files (``sovl train``) and, where a night has no number of its own, by night."""

    learning_rate: float = Field(default=5e-4, gt=0, le=1, description="Peak learning rate of AdamW.")
    epochs: int = Field(default=3, ge=1, le=1000, description="Passes over the training data.")
    batch_size: int = Field(default=BATCH_SIZE, ge=1, le=4096, description="Examples computed at once.")
    accumulation: int = Field(default=4, ge=1, le=4096, description="Batches added up before each optimisation step.")
    max_grad_norm: float = Field(default=1.0, gt=0, le=1000, description="Gradients are clipped to this norm.")
    weight_decay: float = Field(default=0.01, ge=0, le=1, description="Weight decay of AdamW.")
    warmup: float = Field(default=0.1, ge=0, le=1, description="Share of the steps in which the learning rate rises.")
    decay: Literal["linear", "cosine"] = Field(
        default="linear", description="How the learning rate falls after that: to nothing in a line, or as a cosine."
    )
    max_seq_length: int = Field(
        default=MAX_SEQ_LENGTH, ge=8, le=131072, description="Tokens of one example, prompt and completion together."
    )
    patience: int = Field(
        default=2, ge=1, le=1000, description="Epochs without a better validation loss after which training stops."
    )


class GenerationSettings(Settings):
    """How replies are decoded."""

    max_new_tokens: int = Field(default=128, ge=1, le=32768, description="Longest reply, in tokens.")
    temperature: float = Field(default=0.7, ge=0, le=2, description="Sampling temperature; 0 decodes greedily.")
    top_k: int = Field(default=30, ge=0, le=100000, description="Sample from this many likeliest tokens; 0 from all.")
    top_p: float = Field(default=0.95, gt=0, le=1, description="Sample from the likeliest tokens that add up to this.")
    repetition_penalty: float = Field(
        default=1.0,
        ge=0.5,
        le=2,
        description="Divides the score of tokens in prompt and reply; 1 is off. Above 1 it also costs recall: an "
        "answer repeats the words of its question.",
    )
    repetition_check: bool = Field(
        default=True, description="Cut a reply where three tokens repeat right after themselves."
    )
    error_reflection: bool = Field(
        default=True, description="Let it reflect on a failure it survived, in a conversation of its own."
    )
    history_turns: int = Field(
        default=10, ge=0, le=1000, description="Earlier turns of the conversation the model sees."
    )
    greedy: bool = Field(default=False, description="Always take the likeliest token, whatever the temperature.")
    system_prompt: str = Field(default="", description="Put before every conversation; empty: the model's own default.")
    max_prompt_tokens: int = Field(
        default=2048, ge=16, le=1_000_000, description="Longest prompt; the oldest history is dropped to fit."
    )


class LifecycleSettings(Settings):
    """How a life matures (see ``sovl_core.utils.get_life_curve_weight``)."""

    capacity_factor: float = Field(
        default=0.01,
        gt=0,
        le=1000,
        description="Exposure a life can take in, as a multiple of its trainable parameters.",
    )
    curve: Literal["classic", "sigmoid_linear", "exponential"] = Field(
        default="classic",
        description="How the weight rises with x = exposure / capacity: 1-exp(-2x), sigmoid, or 1-exp(-x).",
    )
    sigmoid_scale: float = Field(default=0.5, gt=0, le=100, description="Steepness of the curve sigmoid_linear.")
    sigmoid_shift: float = Field(
        default=5.0, ge=0, le=100, description="x at which the curve sigmoid_linear is one half."
    )
    exposure_gain_eager: int = Field(
        default=3, ge=0, le=1000, description="Exposure gained by a new prompt when temperament is above 0.5."
    )
    exposure_gain_sluggish: int = Field(
        default=2, ge=0, le=1000, description="Exposure gained by a new prompt otherwise."
    )
    confidence_history: int = Field(
        default=HISTORY_LENGTH,
        ge=2,
        le=1000,
        description="How many of the latest confidences are compared.",
        json_schema_extra=_AT_START,
    )
    temperament_history: int = Field(
        default=HISTORY_LENGTH,
        ge=2,
        le=1000,
        description="How many of the latest temperaments are compared; below 5 their variance counts nothing.",
        json_schema_extra=_AT_START,
    )
    influence: Literal["full", "life_curve"] = Field(
        default="full",
        description="Weight of what was learned in replies: all of it, or as much as the life curve says.",
    )


class HookSettings(Settings):
    """How long a plugin may stay in a hook, by kind of hook, before it is named and switched off; 0 for any time.

    Only its own code is counted: not the kernel, other hooks, or a night's breathing in between.
    """

    brief_limit: float = Field(
        default=30.0, ge=0, le=86400, description="Seconds in a hook that only tells or is told, such as on_idle."
    )
    turn_limit: float = Field(
        default=300.0, ge=0, le=86400, description="Seconds in a hook around one reply or one training step."
    )
    work_limit: float = Field(
        default=1800.0,
        ge=0,
        le=86400,
        description="Seconds in a hook that does long work: nights, dreams, models that come and go.",
    )


class SystemConfig(Settings):
    """All settings of a life; ``plugins`` holds each plugin's own table, validated by that plugin's model."""

    version: int = Field(default=CONFIG_VERSION, ge=1, le=CONFIG_VERSION, description="Version of this file's layout.")
    core: CoreSettings = Field(default_factory=CoreSettings)
    lora: LoraSettings = Field(default_factory=LoraSettings)
    training: TrainingSettings = Field(default_factory=TrainingSettings)
    generation: GenerationSettings = Field(default_factory=GenerationSettings)
    lifecycle: LifecycleSettings = Field(default_factory=LifecycleSettings)
    hooks: HookSettings = Field(default_factory=HookSettings)
    plugins: Dict[str, Dict[str, Any]] = Field(
        default_factory=dict,
        description='A table for each plugin: its settings, and "enabled" to switch it on or off.',
    )

    _passing: Dict[str, Any] = PrivateAttr(default_factory=dict)

    @property
    def passing(self) -> Dict[str, Any]:
        """Values that environment or command line gave for this run only, by dotted key; they are not saved."""
        return self._passing

    @field_validator("plugins")
    @classmethod
    def _enabled_is_boolean(cls, plugins: Dict[str, Dict[str, Any]]) -> Dict[str, Dict[str, Any]]:
        for name, table in plugins.items():
            if not isinstance(table.get("enabled", True), bool):
                raise ValueError(f"plugins.{name}.enabled must be true or false, not {table['enabled']!r}")
        return plugins
