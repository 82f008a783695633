"""Finds installed plugins by their entry points in group ``sovl``, from metadata alone, and imports a chosen one."""

from __future__ import annotations

import os
import traceback
from dataclasses import dataclass, field
from importlib import metadata
from typing import Any, Callable, Dict, Iterable, List, Set, Tuple

from sovl_core.constants import ENTRY_POINT_GROUP
from sovl_core.error_handling import PluginError

UNKNOWN = "unknown"


@dataclass(frozen=True)
class Candidate:
    """An installed plugin that has not been imported: its name, where it comes from, and its entry point."""

    name: str
    distribution: str
    version: str
    summary: str
    entry_point: metadata.EntryPoint

    def __str__(self) -> str:
        return f"{self.distribution} {self.version}"


@dataclass
class Discovery:
    """What is installed.

    ``candidates`` are the plugins by name; ``conflicts`` the names that more than one entry point offers, of which none
    may be loaded; ``problems`` the distributions whose entry points cannot be read.
    """

    candidates: Dict[str, Candidate] = field(default_factory=dict)
    conflicts: Dict[str, List[Candidate]] = field(default_factory=dict)
    problems: List[str] = field(default_factory=list)

    def names(self) -> Set[str]:
        """Return every name that some distribution offers."""
        return {*self.candidates, *self.conflicts}


def discover(
    group: str = ENTRY_POINT_GROUP,
    distributions: Callable[[], Iterable[metadata.Distribution]] = metadata.distributions,
) -> Discovery:
    """Read the metadata of all installed distributions; import nothing.

    :param group: group of entry points.
    :param distributions: lists what is installed, in the order of ``sys.path``.
    """
    found = Discovery()
    offers: Dict[str, List[Candidate]] = {}
    seen: Set[str] = set()
    for distribution in distributions():
        for candidate in _offers(distribution, group, seen, found.problems):
            offers.setdefault(candidate.name, []).append(candidate)
    for name in sorted(offers):
        if len(offers[name]) == 1:
            found.candidates[name] = offers[name][0]
        else:
            found.conflicts[name] = sorted(offers[name], key=str)
    return found


def _offers(distribution: metadata.Distribution, group: str, seen: Set[str], problems: List[str]) -> List[Candidate]:
    try:
        # Filtered by hand: entry_points.select() and distribution.entry_points(group=) do not exist before 3.10.
        points = [point for point in distribution.entry_points if point.group == group]
    except Exception as error:  # a half-removed or broken distribution must not hide the healthy ones
        problems.append(f"{_described(distribution)[0]}: its entry points cannot be read: {error}")
        return []
    if not points:
        return []
    name, version, summary = _described(distribution)
    key = name.lower().replace("_", "-").replace(".", "-")
    # One distribution in two places of sys.path: Python imports from the first, so does SOVL.
    if name != UNKNOWN and key in seen:
        return []
    seen.add(key)
    return [Candidate(point.name, name, version, summary, point) for point in points]


def _described(distribution: metadata.Distribution) -> Tuple[str, str, str]:
    try:
        fields: Any = distribution.metadata
        values = [fields.get(key) for key in ("Name", "Version", "Summary")]
    except Exception:  # no METADATA file: each version of Python raises something else
        values = [None, None, None]
    return values[0] or UNKNOWN, values[1] or UNKNOWN, values[2] or ""


def import_plugin(candidate: Candidate) -> Any:
    """Import what a candidate's entry point names.

    :return: the object, meant to be a subclass of :class:`sovl_core.plugin.Plugin`; not checked here.
    :raises PluginError: when importing raises; the message says what and where.
    """
    try:
        return candidate.entry_point.load()
    except (Exception, SystemExit) as error:  # a module that calls sys.exit() when imported costs only its own plugin
        reason = f"importing {candidate.entry_point.value} raised {type(error).__name__}: {error}"
        raise PluginError(reason + _place(error)) from error


def _place(error: BaseException) -> str:
    if isinstance(error, SyntaxError):
        return ""  # its own message names file and line
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if not _is_import_machinery(frame.filename)]
    # The first frame is the call in this file.
    return f" ({frames[-1].filename}, line {frames[-1].lineno})" if len(frames) > 1 else ""


def _is_import_machinery(filename: str) -> bool:
    return filename.startswith("<frozen") or f"{os.sep}importlib{os.sep}" in filename
