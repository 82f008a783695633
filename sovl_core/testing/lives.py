"""Opens lives for tests: only the plugins handed in, a tiny model or replies by script, nothing read from outside."""

from __future__ import annotations

import contextlib
import inspect
from collections import deque
from pathlib import Path
from typing import TYPE_CHECKING, Any, Callable, Deque, Mapping, Optional, Sequence, Tuple, Type, Union

from sovl_core.collaborators import Collaborators, python_warning
from sovl_core.error_handling import PluginError
from sovl_core.journal import Journal
from sovl_core.life import Life
from sovl_core.models import Models
from sovl_core.night_store import NightStore
from sovl_core.plugin import Plugin
from sovl_core.plugin_check import ENABLED_KEY
from sovl_core.plugin_discovery import discover, import_plugin
from sovl_core.plugin_order import resolve
from sovl_core.system import SOVLSystem
from sovl_core.system_config import load_config
from sovl_core.system_logging import ThreadSafeLogger
from sovl_core.testing.clock import FakeClock
from sovl_core.testing.recorder import HookRecorder, RecordingManager
from sovl_core.testing.stand_in import NoModel, ScriptedReplies
from sovl_core.vitals import Vitals

if TYPE_CHECKING:
    from sovl_core.events import ErrorEvent, Reply, Turn
    from sovl_core.plugin_manager import PluginManager
    from sovl_core.settings import GenerationSettings, SystemConfig
    from sovl_core.testing.stand_in import Script

#: A plugin, its class, or the name of an installed one.
Given = Union[Plugin, Type[Plugin], str]

#: Settings of a life with a tiny model: seconds matter, not what it says.
SMALL = {
    "core.scaffold_model": "base[:2]",
    "core.device": "cpu",
    "generation.max_new_tokens": 8,
}


def open_life(
    folder: Path,
    *plugins: Given,
    model: Optional[Path] = None,
    reply: Optional[Script] = None,
    settings: Optional[Mapping[str, Any]] = None,
    strict: bool = True,
    read_only: bool = False,
    clock: Optional[Callable[[], float]] = None,
    recorder: Optional[HookRecorder] = None,
    logger: Optional[ThreadSafeLogger] = None,
    warn: Callable[[str], None] = python_warning,
    model_loaded: Callable[[Models], None] = lambda models: None,
) -> SOVLSystem:
    """Open a life, or go on with one, and start it; nothing that is installed is discovered.

    :param plugins: in any order. One that the settings switch off (``plugins.NAME.enabled`` false) is left out.
    :param model: folder of the base, such as :class:`sovl_core.testing.TinyModels` gives; loaded on first use.
    :param reply: what is said in the model's place; without ``model`` nothing is loaded at all, and no torch imported.
    :param settings: by dotted key.
    :param strict: raise what a plugin raises, instead of going on without it.
    :param recorder: writes down the hooks.
    :param model_loaded: told of the models before any plugin is.
    :raises ValueError: when there is neither a model nor a script.
    :raises PluginError: when a plugin is refused, or one named is not installed.
    :raises ConfigError: when settings are wrong.
    """
    if model is None and reply is None:
        raise ValueError("give model, the folder of a base, or reply, what is to be said in its place")
    overrides = {**SMALL, **({} if model is None else {"core.base_model": str(model)}), **(settings or {})}
    clock = clock or FakeClock()
    logger = logger or ThreadSafeLogger(None)
    with contextlib.ExitStack() as on_failure:
        life = Life.open(folder, read_only=read_only, clock=clock)
        on_failure.callback(life.close)
        config = load_config(life.config_path, {}, overrides)
        journal = Journal(life.journal_path, read_only=read_only, clock=clock)
        on_failure.callback(journal.close)
        failures: Deque[ErrorEvent] = deque()
        hooks = RecordingManager(
            recorder or HookRecorder(), logger, strict=strict, on_failure=failures.append, distributions=lambda: ()
        )
        _register(hooks, plugins, config.plugins)
        given = Collaborators(
            life=life,
            config=config,
            journal=journal,
            logger=logger,
            plugins=hooks,
            night_store=NightStore(life.nights_path),
            load_models=_loader(config, hooks, logger, model is not None, model_loaded),
            generate_reply=_generate_reply if reply is None else ScriptedReplies(reply),
            vitals=Vitals(config.lifecycle.confidence_history, config.lifecycle.temperament_history),
            warn=warn,
            plugin_failures=failures,
            read_only=read_only,
            clock=clock,
        )
        on_failure.callback(hooks.stop)
        system = SOVLSystem(given)
        system.start()
        on_failure.pop_all()
    return system


def _register(hooks: PluginManager, plugins: Sequence[Given], tables: Mapping[str, Mapping[str, Any]]) -> None:
    found = {plugin.name: (plugin, origin) for plugin, origin in map(_plugin, plugins)}
    on = [plugin for plugin, _ in found.values() if tables.get(plugin.name, {}).get(ENABLED_KEY) is not False]
    order = resolve(on)
    for name in (*order.order, *order.refused):
        plugin, (distribution, version) = found[name]
        hooks.register(plugin, distribution, version, tables.get(name))


def _plugin(given: Given) -> Tuple[Plugin, Tuple[str, str]]:
    """Return the plugin, and distribution and version that it comes from."""
    if isinstance(given, str):
        candidate = discover().candidates.get(given)
        if candidate is None:
            raise PluginError(f"no plugin named {given!r} is installed", "pip install it, or hand in its class")
        return import_plugin(candidate)(), (candidate.distribution, candidate.version)
    plugin = given() if inspect.isclass(given) else given
    return plugin, (type(plugin).__module__.split(".")[0], "")


def _loader(
    config: SystemConfig,
    hooks: PluginManager,
    logger: ThreadSafeLogger,
    real: bool,
    told: Callable[[Models], None],
) -> Callable[[], Models]:
    def load() -> Models:
        from sovl_core.model_loader import load_models
        from sovl_core.model_store import ModelStore

        models = load_models(config, hooks, ModelStore(logger=logger), logger)
        told(models)
        return models

    return load if real else lambda: Models(NoModel(), base_tokenizer=None)


def _generate_reply(models: Models, turn: Turn, settings: GenerationSettings) -> Reply:
    # Imported at the first reply: it brings torch with it.
    from sovl_core.generation import generate_reply

    return generate_reply(models, turn, settings)
