"""What an opened life is made of and works with; a test hands in its own."""

from __future__ import annotations

import time
import warnings
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Callable, Deque

from sovl_core.vitals import Vitals

if TYPE_CHECKING:
    from sovl_core.events import ErrorEvent, Reply, Turn
    from sovl_core.journal import Journal
    from sovl_core.life import Life
    from sovl_core.models import Models
    from sovl_core.night_store import NightStore
    from sovl_core.plugin_manager import PluginManager
    from sovl_core.settings import GenerationSettings, SystemConfig
    from sovl_core.system_logging import ThreadSafeLogger


def python_warning(message: str) -> None:
    """Say something by Python's own warnings, which a program can filter."""
    warnings.warn(message, RuntimeWarning, stacklevel=2)


@dataclass
class Collaborators:
    """Everything that is handed to :class:`sovl_core.system.SOVLSystem`.

    ``life`` is the folder with its lock; ``plugins`` the plugin manager, plugins registered but not started;
    ``night_store`` keeps nights. ``load_models`` loads base and scaffold from disk, without plugins attached;
    ``generate_reply`` is the innermost ``on_generate``. ``warn`` is told in one sentence what the user should know but
    need not act on. ``plugin_failures`` are those the plugin manager has seen and no plugin was told of yet.
    ``read_only`` writes nothing: turns are answered and forgotten. ``clock`` gives seconds since the epoch.
    """

    life: Life
    config: SystemConfig
    journal: Journal
    logger: ThreadSafeLogger
    plugins: PluginManager
    night_store: NightStore
    load_models: Callable[[], Models]
    generate_reply: Callable[[Models, Turn, GenerationSettings], Reply]
    vitals: Vitals = field(default_factory=Vitals)
    warn: Callable[[str], None] = python_warning
    plugin_failures: Deque[ErrorEvent] = field(default_factory=deque)
    read_only: bool = False
    clock: Callable[[], float] = time.time
