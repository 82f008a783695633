"""Tuning by name: ``sleep tune``, ``dream tune``, ``lifecycle``, ``layers``, ``blend``.

Each names settings that belong together, whatever plugin they belong to: who tunes dreams need not know that noise is
the memory plugin's. Ranges come from the settings' schema; what is changed is kept, as with ``config set``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Dict, List, Mapping, Tuple

import click

from sovl_core.cli.tables import print_rows

if TYPE_CHECKING:
    from sovl_core.cli.app_context import AppContext
    from sovl_core.settings_info import SettingInfo

SLEEP = {
    "confidence": "plugins.gestation.minimum_confidence",
    "time-factor": "plugins.gestation.time_factor",
    "log-minimum": "plugins.gestation.minimum_memories",
    "quiet-seconds": "plugins.gestation.quiet_seconds",
    "automatic": "plugins.gestation.automatic",
    "deep-every": "plugins.gestation.deep_every",
}
DREAM = {
    "swing": "plugins.dream.swing",
    "lifecycle-delta": "plugins.dream.temperament_change",
    "drift": "plugins.dream.temperament_drift",
    "temperament": "plugins.dream.by_temperament",
    "noise": "plugins.memory.noise",
    "melancholy-noise": "plugins.memory.melancholy_noise",
    "novelty-boost": "plugins.memory.novelty_noise",
    "memory-weight": "plugins.memory.dream_memory_weight",
    "length": "plugins.memory.dream_memory_size",
    "decay": "plugins.memory.dream_memory_decay",
    "prune-threshold": "plugins.memory.prune_threshold",
    "prompt-weight": "plugins.memory.prompt_weight",
}
LIFECYCLE = {
    "capacity-factor": "lifecycle.capacity_factor",
    "curve": "lifecycle.curve",
    "influence": "lifecycle.influence",
    "sigmoid-scale": "lifecycle.sigmoid_scale",
    "sigmoid-shift": "lifecycle.sigmoid_shift",
    "gain-eager": "lifecycle.exposure_gain_eager",
    "gain-sluggish": "lifecycle.exposure_gain_sluggish",
}
LAYERS = {
    "placement": "plugins.cross_attention.placement",
    "numbers": "plugins.cross_attention.layers",
}
BLEND = {
    "weight-cap": "plugins.cross_attention.weight",
    "strength": "plugins.cross_attention.blend",
    "base-temperature": "generation.temperature",
}

_FOUND = "sovl.tuned"


@dataclass(frozen=True)
class _Tuned:
    """A setting under the name it has as an option."""

    name: str
    key: str
    info: SettingInfo

    @property
    def parameter(self) -> str:
        return "tuned_" + self.name.replace("-", "_")


class TuneCommand(click.Command):
    """A command whose options are settings: shows them where none is given, else changes those that are.

    :param settings: dotted key by option; those of plugins that are not here are left out.
    """

    def __init__(self, name: str, settings: Mapping[str, str], help: str) -> None:
        super().__init__(name, callback=_run, help=help)
        self.settings = dict(settings)

    def get_params(self, ctx: click.Context) -> List[click.Parameter]:
        """Return the options, with the types and ranges of the settings."""
        return [*(_option(one) for one in self.tuned(ctx)), *super().get_params(ctx)]

    def tuned(self, ctx: click.Context) -> List[_Tuned]:
        """Return the settings that are here; click asks for a command's options again and again."""
        if ctx.obj is None:
            return []
        if ctx.info_name not in ctx.meta.setdefault(_FOUND, {}):
            ctx.meta[_FOUND][ctx.info_name] = self._look(ctx.obj)
        found: List[_Tuned] = ctx.meta[_FOUND][ctx.info_name]
        return found

    def _look(self, app: AppContext) -> List[_Tuned]:
        from sovl_core.cli.config_commands import all_settings
        from sovl_core.cli.plugin_catalog import plugin_manager, settings_models

        known = {info.key: info for info in all_settings(settings_models(plugin_manager(app)))}
        return [_Tuned(name, key, known[key]) for name, key in self.settings.items() if key in known]


@click.pass_context
def _run(context: click.Context, /, **given: Any) -> None:
    app, command = context.obj, context.command
    assert isinstance(command, TuneCommand)
    tuned = command.tuned(context)
    if not tuned:
        from sovl_core.error_handling import BadInput

        plugins = sorted({key.split(".")[1] for key in command.settings.values()})
        raise BadInput(f"There is nothing to tune: {', '.join(plugins)} is not on", "See what is on: sovl plugins list")
    from sovl_core.cli.plugin_catalog import plugin_manager, settings_models

    models = settings_models(plugin_manager(app))
    wanted = [(one, given[one.parameter]) for one in tuned if given[one.parameter] is not None]
    if wanted:
        _change(app, wanted, models)
    else:
        _show(app, tuned, models)


def _show(app: AppContext, tuned: List[_Tuned], models: Mapping[str, Any]) -> None:
    from sovl_core.cli.config_commands import current_value, setting_text

    rows: Dict[str, str] = {}
    for one in tuned:
        value = setting_text(current_value(app, one.key, models))
        rows[f"--{one.name}"] = f"{value}  ({one.info.allowed or one.info.kind})  {one.info.description}"
    print_rows(app.out, rows)


def _change(app: AppContext, wanted: List[Tuple[_Tuned, Any]], models: Mapping[str, Any]) -> None:
    from sovl_core.cli.config_commands import change_setting, current_value, setting_text

    note = ""
    for one, value in wanted:
        before = setting_text(current_value(app, one.key, models))
        note = change_setting(app, one.key, str(value)) or note
        app.print(f"{one.name}: {before} -> {setting_text(current_value(app, one.key, models))}  ({one.key})")
    if note:
        app.print(note, "dim")


def _option(one: _Tuned) -> click.Option:
    info, flag = one.info, f"--{one.name}"
    if info.kind == "true or false":
        flag = f"{flag}/--no-{one.name}"
    text = f"{info.description}  [{one.key}]"
    return click.Option([flag, one.parameter], type=_type(info), default=None, help=text)


def _type(info: SettingInfo) -> Any:
    if info.choices:
        return click.Choice([str(choice) for choice in info.choices])
    limits: Dict[str, Any] = {
        "min": info.minimum,
        "max": info.maximum,
        "min_open": info.above_minimum,
        "max_open": info.below_maximum,
    }
    if info.kind == "whole number":
        return click.IntRange(**limits)
    if info.kind == "number":
        return click.FloatRange(**limits)
    return click.BOOL if info.kind == "true or false" else click.STRING


tune_sleep = TuneCommand("tune", SLEEP, "Show or change when it sleeps by itself.")
tune_dream = TuneCommand("tune", DREAM, "Show or change when it dreams, and what a dream leaves behind.")
lifecycle = TuneCommand("lifecycle", LIFECYCLE, "Show or change how a life matures.")
layers = TuneCommand("layers", LAYERS, "Show or change which layers of the base listen, from the next start on.")
blend = TuneCommand("blend", BLEND, "Show or change how much of what was learned is heard, and how freely it speaks.")
