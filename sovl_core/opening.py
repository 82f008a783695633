"""Makes the real collaborators of an opened life: folder and lock, settings, journal, plugins, models on disk."""

from __future__ import annotations

import contextlib
import os
import time
from collections import deque
from pathlib import Path
from typing import TYPE_CHECKING, Any, Callable, Deque, Iterable, Mapping, Optional, Union

from sovl_core import __version__
from sovl_core.collaborators import Collaborators, python_warning
from sovl_core.journal import Journal
from sovl_core.journal_log import is_log_damaged, log_of
from sovl_core.journal_nights import NOT_ACCEPTED
from sovl_core.life import Life
from sovl_core.night_store import NightStore
from sovl_core.plugin_absence import absent_plugins
from sovl_core.plugin_manager import PluginManager, PluginSelection
from sovl_core.plugin_records import plugin_notes
from sovl_core.system_config import load_config
from sovl_core.system_logging import ThreadSafeLogger, log_info
from sovl_core.vitals import Vitals

if TYPE_CHECKING:
    from sovl_core.events import ErrorEvent, Reply, Turn
    from sovl_core.model_store import ModelStore
    from sovl_core.models import Models
    from sovl_core.plugin import Plugin
    from sovl_core.settings import GenerationSettings


def gather_collaborators(
    on_failure: contextlib.ExitStack,
    path: Union[str, Path, None] = None,
    overrides: Optional[Mapping[str, Any]] = None,
    plugins: Optional[Iterable[str]] = None,
    without: Iterable[str] = (),
    strict: bool = False,
    trace: Optional[Callable[[str], None]] = None,
    read_only: bool = False,
    logger: Optional[ThreadSafeLogger] = None,
    store: Optional[ModelStore] = None,
    clock: Callable[[], float] = time.time,
    warn: Callable[[str], None] = python_warning,
    environ: Optional[Mapping[str, str]] = None,
    more_plugins: Iterable[Plugin] = (),
    alarm: Optional[Callable[[str], None]] = None,
) -> Collaborators:
    """Open the folder of a life and return what :class:`sovl_core.system.SOVLSystem` needs.

    The parameters are those of ``SOVLSystem.open``.

    :param more_plugins: registered by hand beside those that are installed, after them.
    :param on_failure: receives what lets the life go again when opening fails later on.
    :raises SOVLError: when the life is locked or damaged, or its settings are wrong.
    """
    environ = os.environ if environ is None else environ
    life = Life.open(path, read_only=read_only, clock=clock)
    on_failure.callback(life.close)
    config = load_config(life.config_path, environ, overrides or {})
    # Diagnostics of a reader stay in memory: it never writes.
    logger = logger or ThreadSafeLogger(None if read_only else life.log_path)
    if life.interrupted is not None:
        log_info(logger, "session_was_killed", holder=str(life.interrupted))
    life.require_journal()
    journal = Journal(life.journal_path, read_only=read_only, clock=clock)
    on_failure.callback(journal.close)
    if read_only and _is_log_passed_over(life):
        warn(
            f"{log_of(life.journal_path)} is damaged: what was said last stands there, and is missing in what is "
            f"shown. Keep a copy of {life.path}; then `sovl doctor --repair` reads it"
        )
    # The hook still runs when a failure is noted: the other plugins are told of it when it is over.
    failures: Deque[ErrorEvent] = deque()
    hooks = PluginManager(
        logger,
        strict=strict,
        trace=trace,
        on_failure=failures.append,
        limit=lambda pace: float(getattr(config.hooks, f"{pace}_limit")),
        alarm=alarm or warn,
    )
    selection = PluginSelection.from_sources(config.plugins, environ, plugins, without)
    hooks.load(selection, config.plugins)
    for plugin in more_plugins:
        hooks.register(plugin, type(plugin).__module__, __version__)
    for note in (*plugin_notes(hooks.infos()), *absent_plugins(journal, hooks.infos(), selection)):
        warn(note)

    def load_models() -> Models:
        from sovl_core.model_loader import load_models as load
        from sovl_core.model_store import ModelStore

        return load(config, hooks, store or ModelStore(logger=logger), logger)

    nights = NightStore(life.nights_path)
    if not read_only:
        _remove_what_is_left(nights, journal)
    return Collaborators(
        life=life,
        config=config,
        journal=journal,
        logger=logger,
        plugins=hooks,
        night_store=nights,
        vitals=Vitals(config.lifecycle.confidence_history, config.lifecycle.temperament_history),
        load_models=load_models,
        generate_reply=_generate_reply,
        warn=warn,
        plugin_failures=failures,
        read_only=read_only,
        clock=clock,
    )


def _generate_reply(models: Models, turn: Turn, settings: GenerationSettings) -> Reply:
    # Imported at the first reply: it brings torch with it.
    from sovl_core.generation import generate_reply

    return generate_reply(models, turn, settings)


def _is_log_passed_over(life: Life) -> bool:
    """Return whether a reader would see an older state, without what stands in a damaged log."""
    holder = life.holder()
    if holder is not None and holder.alive:  # all that it wrote is seen, and looking takes a while
        return False
    try:
        return is_log_damaged(life.journal_path)
    except OSError:  # SQLite says it better
        return False


def _remove_what_is_left(nights: NightStore, journal: Journal) -> None:
    """Remove what a process has left of nights that had ended or are purged, when it was killed before it could."""
    for number in set(nights.numbers()).intersection(journal.purged_nights()):
        with contextlib.suppress(OSError):
            nights.remove(number)
    for number in nights.unfinished():
        night = journal.night(number)
        if night is None or night.status == "running":
            continue
        with contextlib.suppress(OSError):
            if night.status in NOT_ACCEPTED:
                nights.remove(number)
            else:
                nights.discard_working(number)
