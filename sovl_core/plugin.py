"""What a plugin is made of: the base class, its settings, its state, the commands and status it brings."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Callable, Dict, List, Optional, Tuple, Type, Union

from pydantic import BaseModel, ConfigDict

if TYPE_CHECKING:
    from pathlib import Path

    from torch import Tensor

    from sovl_core.events import Reply, Turn, Utterance
    from sovl_core.journal import Journal
    from sovl_core.models import Models
    from sovl_core.plugin_manager import PluginManager
    from sovl_core.system_config import SystemConfig
    from sovl_core.system_logging import ThreadSafeLogger
    from sovl_core.vitals import Vitals


class PluginSettings(BaseModel):
    """Base of every plugin's settings: unknown keys are refused, assignments are validated.

    A field with ``json_schema_extra={"live": False}`` takes effect only at the next start; all others at once.
    """

    model_config = ConfigDict(extra="forbid", validate_assignment=True)


class Plugin:
    """Base class of plugins; the entry point in group ``sovl`` names a subclass.

    ``name`` must equal the entry point's name. ``provides``, ``after``, ``before`` and ``requires`` name capabilities
    (dotted words such as ``model.precision``), never plugins: they order plugins without one naming another.
    ``hook_api`` is the version of the hook API that the plugin was written for (``docs/hook-versions.md``); one that
    says nothing was written for the first.
    """

    name: str = ""
    summary: str = ""
    hook_api: Union[str, int] = "1.0"
    provides: Tuple[str, ...] = ()
    after: Tuple[str, ...] = ()
    before: Tuple[str, ...] = ()
    requires: Tuple[str, ...] = ()
    settings_model: Type[PluginSettings] = PluginSettings
    _context: Optional[PluginContext] = None

    @property
    def context(self) -> PluginContext:
        """What the kernel handed over at the start, once ``on_start`` has kept it.

        :raises RuntimeError: before that.
        """
        if self._context is None:
            kept = "its on_start does not keep the context (self.context = context)"
            raise RuntimeError(f"the {self.name} plugin has not been started, or {kept}")
        return self._context

    @context.setter
    def context(self, context: PluginContext) -> None:
        self._context = context


@dataclass
class PluginState:
    """A plugin's own namespace on disk: JSON-able ``values`` and ``tensors``.

    Of a stored state ``tensors`` are read when they are first asked for, which imports torch. A plugin that holds the
    state until it needs them, and has it kept (:meth:`keep`) when it is saved before that, leaves ``sovl status``,
    ``sovl tell`` and other commands that need no model without that second of waiting.
    """

    values: Dict[str, Any] = field(default_factory=dict)
    tensors: Dict[str, Tensor] = field(default_factory=dict)

    def keep(self, stored: PluginState) -> None:
        """Save a state again as it was loaded: its values are added to these, its tensors take the place of these."""
        self.values.update(stored.values)
        self.tensors = stored.tensors


@dataclass
class PluginContext:
    """Everything of the kernel that a plugin may use, handed to it by ``on_start``.

    ``settings`` is the plugin's own validated settings object; the kernel changes it in place when the user does.
    ``models`` loads the models on first use and returns the same object until they are reloaded. ``generate`` answers a
    :class:`Turn` through all plugins without writing an episode. ``reload_models`` gives the models up and loads them
    again (after a change of precision). ``conversation`` gives the name of the one that goes on, ``go_on_with`` chooses
    another. ``clock`` gives seconds since the epoch.
    """

    name: str
    settings: Any
    config: SystemConfig
    journal: Journal
    logger: ThreadSafeLogger
    hooks: PluginManager
    models: Callable[[], Models]
    models_loaded: Callable[[], bool]
    reload_models: Callable[[], Models]
    generate: Callable[[Turn], Reply]
    conversation: Callable[[], str]
    go_on_with: Callable[[str], None]
    vitals: Vitals
    clock: Callable[[], float]
    rng: random.Random
    folder: Path


@dataclass(frozen=True)
class CommandOption:
    """A named option of a command: ``type`` is int, float, str or bool; ``minimum`` and ``maximum`` bound numbers."""

    name: str
    type: type = str
    help: str = ""
    default: Any = None
    choices: Tuple[str, ...] = ()
    minimum: Optional[float] = None
    maximum: Optional[float] = None


@dataclass(frozen=True)
class Command:
    """A command that a plugin brings.

    ``run`` receives the words after the command's name and the options by name, and returns the text to print; an
    :class:`Utterance` that is a question is entered into the journal, and what the user says next is its answer.
    """

    name: str
    help: str
    run: Callable[[List[str], Dict[str, Any]], Union[str, Utterance]]
    usage: str = ""
    example: str = ""
    options: Tuple[CommandOption, ...] = ()
    words: Tuple[str, ...] = ()


@dataclass(frozen=True)
class StatusPanel:
    """A plugin's part of ``sovl status``: rows of label and value, in order."""

    title: str
    rows: Dict[str, Any]
