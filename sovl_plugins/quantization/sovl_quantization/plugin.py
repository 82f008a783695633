"""The quantization plugin: says how the base is loaded, loads it again on command, reports what that changed."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Dict, List, Optional, Tuple

from sovl_core.error_handling import SOVLError, log_error
from sovl_core.hookspecs import hookimpl
from sovl_core.live_tuning import HOLDS
from sovl_core.plugin import Command, CommandOption, Plugin, StatusPanel
from sovl_core.system_logging import log_info
from sovl_quantization.layers import Quiet, footprint, let_gradients_through, precision_of
from sovl_quantization.measure import Measurement, measure, report
from sovl_quantization.modes import MODES, require_bitsandbytes, require_mode, set_quantization_mode
from sovl_quantization.settings import QuantizationSettings

if TYPE_CHECKING:
    from sovl_core.events import ModelRequest
    from sovl_core.models import Models
    from sovl_core.plugin import PluginContext

SUMMARIES = {
    "fp32": "32-bit floats: exact, largest",
    "fp16": "16-bit floats: half the memory",
    "bf16": "16-bit brain floats: half the memory, the range of fp32",
    "int8": "8-bit integers (bitsandbytes)",
    "int4": "4-bit normal floats (bitsandbytes)",
}


class QuantizationPlugin(Plugin):
    """Changes the precision of the base alone; the scaffold and everything that learns stay as they are."""

    name = "quantization"
    summary = "the base model in fp32, fp16, bf16, int8 or int4, and what that saves and costs"
    provides = ("model.precision",)
    before = ("model.cross_attention",)
    settings_model = QuantizationSettings

    def __init__(self) -> None:
        self._loaded: Optional[str] = None
        self._footprint = 0
        self._last: Optional[Measurement] = None
        self._quiet = Quiet()

    @hookimpl
    def on_start(self, context: PluginContext) -> None:
        """Keep the context; keep bitsandbytes from filling the terminal."""
        self.context = context
        self._quiet.start()

    @hookimpl
    def on_stop(self) -> None:
        """Take the log filters off again."""
        self._quiet.stop()

    @hookimpl
    def on_load_model(self, request: ModelRequest) -> None:
        """Ask for the base in the chosen precision."""
        if request.role != "base":
            return
        settings = self.context.settings
        set_quantization_mode(
            settings.mode,
            request.arguments,
            int4_type=settings.int4_type,
            double_quantization=settings.double_quantization,
            outlier_threshold=settings.outlier_threshold,
            skip_modules=settings.skip_modules,
        )

    @hookimpl
    def on_models_loaded(self, models: Models) -> None:
        """Note what was loaded, and keep gradients passing through it."""
        self._loaded = precision_of(models.base)
        self._footprint = footprint(models.base)
        let_gradients_through(models.base)

    @hookimpl
    def on_models_unloaded(self, models: Models) -> None:
        """Forget what was loaded."""
        self._loaded = None

    @hookimpl
    def on_commands(self) -> List[Command]:
        """Offer each precision as a command."""
        options = (
            CommandOption(
                "tokens", int, "Tokens to decode for the speed; 0 measures nothing.", minimum=0, maximum=1024
            ),
            CommandOption("compare", bool, "Measure before, too, if the model has to be loaded for it.", default=True),
        )
        return [
            Command(
                mode,
                f"Load the base model in {SUMMARIES[mode]}, and compare.",
                partial(self._command, mode),
                usage=f"{mode} [--tokens N] [--no-compare]",
                example=f"{mode} --tokens 48",
                options=options,
            )
            for mode in MODES
        ]

    @hookimpl
    def on_status(self) -> StatusPanel:
        """Give the precision, and what was measured last."""
        rows: Dict[str, Any] = {"setting": self.context.settings.mode, "base": self._loaded or "not loaded"}
        if self._loaded is not None:
            rows["weights"] = f"{self._footprint / 2**20:.1f} MiB"
        if self._last is not None:
            rows["speed"] = f"{self._last.tokens_per_second:.1f} tokens/s in {self._last.precision}"
        return StatusPanel("Precision", rows)

    def set_quantization_mode(self, mode: str) -> Models:
        """Set the precision and load the models in it, in place.

        :param mode: ``fp32``, ``fp16``, ``bf16``, ``int8`` or ``int4``.
        :return: the models.
        :raises SOVLError: when they cannot be loaded so; the precision is then what it was before.
        """
        require_mode(mode)
        if MODES[mode] is None:
            require_bitsandbytes(mode)
        settings = self.context.settings
        previous = settings.mode
        if self._loaded == mode:
            settings.mode = mode
            return self.context.models()
        settings.mode = mode
        try:
            models = self.context.reload_models()
        except Exception as error:
            settings.mode = previous
            hint = f"The setting is {previous} again; see what happened with `sovl log`"
            raise SOVLError(f"The base model cannot be loaded in {mode}: {error}", hint) from error
        log_info(self.context.logger, "precision_changed", mode=mode, bytes=self._footprint)
        return models

    def _command(self, mode: str, words: List[str], options: Dict[str, Any]) -> str:
        given = options.get("tokens")
        tokens = self.context.settings.measure_tokens if given is None else given
        before, missing = self._before(tokens, options.get("compare") is not False)
        models = self.set_quantization_mode(mode)
        lines = [missing] if missing else []
        if tokens:
            self._last = measure(models, tokens)
            lines.append(report(before, self._last))
        else:
            lines.append(f"The base is loaded in {precision_of(models.base)}, {self._footprint / 2**20:.1f} MiB.")
        return "\n".join([*lines, f"{HOLDS} To keep it: config set plugins.{self.name}.mode {mode}"])

    def _before(self, tokens: int, load: bool) -> Tuple[Optional[Measurement], str]:
        """Return what is measured before a change, None for nothing, and why it could not be.

        :param load: whether to load the models for it where they are not.
        """
        context = self.context
        if not tokens or not (load or context.models_loaded()):
            return None, ""
        try:
            return measure(context.models(), tokens), ""
        except Exception as error:
            # Too large in the old precision may be the very reason for the new one.
            log_error(context.logger, error, event="precision_not_measured", mode=context.settings.mode)
            return None, f"Before it could not be measured: {error}"
