"""What the plugin manager tells about plugins: a line of ``sovl plugins list``, and a failure with all its names."""

from __future__ import annotations

import inspect
import os
import sys
import traceback
from dataclasses import dataclass, field
from typing import Any, List, Optional, Sequence, Tuple, Type

from sovl_core.plugin import Plugin, PluginSettings


@dataclass(frozen=True)
class PluginInfo:
    """One plugin, installed or registered: where it comes from, what it implements, whether it is on and why not.

    ``notes`` are what its author should know: a deprecated hook, an import that takes seconds.
    """

    name: str
    distribution: str
    version: str
    hooks: List[str]
    enabled: bool
    reason: str
    provides: Tuple[str, ...] = ()
    after: Tuple[str, ...] = ()
    before: Tuple[str, ...] = ()
    requires: Tuple[str, ...] = ()
    summary: str = ""
    settings_model: Optional[Type[PluginSettings]] = None
    hook_api: str = ""
    notes: Tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """Name and origin, for messages."""
        return _title(self.name, self.distribution, self.version)


@dataclass(frozen=True)
class PluginFailure:
    """A plugin that raised in a hook; ``where`` is file and line of the plugin's own code, "" when unknown."""

    plugin: str
    distribution: str
    version: str
    hook: str
    error: str
    where: str = ""

    def __str__(self) -> str:
        origin = f" ({self.distribution} {self.version})" if self.distribution else ""
        place = f" ({self.where})" if self.where else ""
        return f"plugin {self.plugin!r}{origin} failed in {self.hook}: {self.error}{place}"


@dataclass
class PluginRecord:
    """The manager's own notes on one plugin.

    ``on`` is whether its hooks are called, ``reason`` why they are not; ``started`` whether it has yet to be stopped;
    ``models`` what it has yet to be detached from; ``cleaning_left`` the hook it hangs in, while that keeps it from
    being cleaned up.
    """

    name: str
    distribution: str = ""
    version: str = ""
    summary: str = ""
    plugin: Optional[Plugin] = None
    settings: Any = None
    table: Any = field(default_factory=dict)
    hooks: List[str] = field(default_factory=list)
    on: bool = False
    reason: str = ""
    started: bool = False
    models: Any = None
    cleaning_left: Optional[str] = None
    notes: List[str] = field(default_factory=list)

    @property
    def title(self) -> str:
        """Name and origin, for messages."""
        return _title(self.name, self.distribution, self.version)

    def info(self) -> PluginInfo:
        """Return what others may know."""
        declared: Any = self.plugin if self.plugin is not None else Plugin
        return PluginInfo(
            name=self.name,
            distribution=self.distribution,
            version=self.version,
            hooks=list(self.hooks),
            enabled=self.on,
            reason=self.reason,
            provides=tuple(declared.provides),
            after=tuple(declared.after),
            before=tuple(declared.before),
            requires=tuple(declared.requires),
            summary=declared.summary or self.summary,
            settings_model=declared.settings_model if self.plugin is not None else None,
            hook_api=str(declared.hook_api) if self.plugin is not None else "",
            notes=tuple(self.notes),
        )


def plugin_notes(infos: Sequence[PluginInfo]) -> List[str]:
    """Return what the authors of these plugins should know, each naming the plugin."""
    return [f"The {info.title} is on, but {note}." for info in infos if info.enabled for note in info.notes]


def _title(name: str, distribution: str, version: str) -> str:
    return f"plugin {name!r}" + (f" ({distribution} {version})" if distribution else "")


def describe_error(error: BaseException) -> str:
    """Return type and message of an exception, also of one whose ``__str__`` raises."""
    try:
        message = str(error)
    except Exception:
        message = "(its message cannot be shown)"
    return f"{type(error).__name__}: {message}" if message else type(error).__name__


def place_of(error: BaseException, plugin: Any) -> str:
    """Return file and line of the last frame in the plugin's own code, "" when the error did not come from there.

    :param plugin: the plugin or its class.
    """
    return _last_own_line(traceback.extract_tb(error.__traceback__), plugin)


def place_in_thread(thread: int, plugin: Any) -> str:
    """Return file and line at which a plugin's code is under way in a thread, "" when it is not, or nobody can tell."""
    frame = sys._current_frames().get(thread)
    return _last_own_line(traceback.extract_stack(frame), plugin) if frame is not None else ""


def _last_own_line(stack: traceback.StackSummary, plugin: Any) -> str:
    owner = plugin if inspect.isclass(plugin) else type(plugin)
    try:
        file = inspect.getfile(owner)
    except (TypeError, OSError):  # a class made in an interactive session has no file
        return ""
    # A module that is in no package shares its folder with strangers.
    folder = os.path.dirname(file) + os.sep if "." in owner.__module__ else file
    frames = [frame for frame in stack if frame.filename.startswith(folder)]
    return f"{frames[-1].filename}, line {frames[-1].lineno}" if frames else ""
