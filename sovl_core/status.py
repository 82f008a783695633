"""What ``sovl status`` shows: the state of a life in JSON-able values, without loading a model."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any, Dict, List, Optional

from sovl_core.utils import get_life_curve_weight

if TYPE_CHECKING:
    from sovl_core.journal import Journal
    from sovl_core.model_gate import ModelGate
    from sovl_core.model_host import ModelHost
    from sovl_core.plugin_manager import PluginManager
    from sovl_core.system_config import SystemConfig
    from sovl_core.vitals import Vitals


def gather_status(
    config: SystemConfig, journal: Journal, hooks: PluginManager, host: ModelHost, gate: ModelGate, vitals: Vitals
) -> Dict[str, Any]:
    """Return the sections ``models``, ``journal``, ``nights``, ``vitals``, ``plugins``, ``timings`` and ``panels``.

    ``timings`` is ``{plugin: {hook: {"calls": n, "seconds": s}}}``; ``panels`` holds each plugin's own rows.
    """
    return {
        "models": _models(config, host, gate),
        "journal": {"episodes": journal.count_episodes(), "unconsolidated": journal.count_unconsolidated()},
        "nights": _nights(journal),
        "vitals": {**vitals.to_dict(), "mean_confidence": vitals.mean_confidence, "life": _life(config, vitals)},
        "plugins": [_plugin(info) for info in hooks.infos()],
        "timings": {
            plugin: {hook: {"calls": calls, "seconds": seconds} for hook, (calls, seconds) in times.items()}
            for plugin, times in hooks.timings().items()
        },
        "panels": [
            {"plugin": plugin, "title": panel.title, "rows": dict(panel.rows)} for plugin, panel in hooks.on_status()
        ],
    }


def _models(config: SystemConfig, host: ModelHost, gate: ModelGate) -> Dict[str, Any]:
    status: Dict[str, Any] = {
        "base": config.core.base_model,
        "scaffold": config.core.scaffold_model,
        "loaded": host.loaded,
        "work": gate.work,
    }
    if host.loaded:
        models = host.get()
        status["device"] = str(models.device)
        status["trainable_parameters"] = models.trainable_parameters()
    return status


def _nights(journal: Journal) -> Dict[str, Any]:
    current, running = journal.current_night(), journal.running_night()
    last = journal.night(current) if current is not None else None
    return {
        "current": current,
        "interrupted_or_running": running.number if running else None,
        "finished": last.finished if last else None,
        "trigger": last.trigger if last else None,
        "forgotten_but_learned": journal.still_learned(),
    }


def _life(config: SystemConfig, vitals: Vitals) -> Optional[float]:
    """How far the life has come on its curve, 0 to 1; None before anything is known of its capacity."""
    if vitals.capacity is None:
        return None
    lifecycle = config.lifecycle
    return get_life_curve_weight(
        vitals.exposure, vitals.capacity, lifecycle.curve, lifecycle.sigmoid_scale, lifecycle.sigmoid_shift
    )


def _plugin(info: Any) -> Dict[str, Any]:
    shown: List[str] = ["name", "distribution", "version", "hooks", "enabled", "reason", "summary"]
    values = {field.name: getattr(info, field.name) for field in dataclasses.fields(info)}
    return {name: values[name] for name in shown if name in values}
