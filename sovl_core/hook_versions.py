"""Versions of the hook API: ``MAJOR.MINOR``, which plugin fits which, and what it means that a hook is deprecated.

The policy is in ``docs/hook-versions.md``: a minor version adds, a major version may take away, and what is taken away
was deprecated for two minor versions before.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Tuple

#: Minor versions in which a deprecated hook is still called, the one that deprecates it included.
GRACE = 2

_VERSION = re.compile(r"(\d+)(?:\.(\d+))?")


@dataclass(frozen=True)
class Deprecated:
    """A hook that goes away: ``since`` is the version that says so, ``instead`` what to write in its place."""

    since: str
    instead: str

    def warning(self, hook: str) -> str:
        """Return what the author of a plugin that implements it should know."""
        gone = parse_version(self.since)[0] + 1
        return (
            f"{hook} is deprecated since hook API {self.since} and is called no more from {gone}.0 on: "
            f"implement {self.instead} instead"
        )


def parse_version(stated: Any) -> Tuple[int, int]:
    """Return major and minor version of ``"1.2"``, ``"1"`` or ``1``.

    :raises ValueError: for anything else.
    """
    found = _VERSION.fullmatch(str(stated)) if isinstance(stated, (str, int)) else None
    if found is None:
        raise ValueError(f"{stated!r} is no version such as '1.0'")
    return int(found[1]), int(found[2] or 0)


def version_problem(stated: Any, here: str) -> str:
    """Return why a plugin that was written for one version does not fit another, "" when it does.

    :param stated: what the plugin says.
    :param here: the version that this SOVL has.
    """
    try:
        written_for, offered = parse_version(stated), parse_version(here)
    except ValueError as error:
        return f"hook_api is wrong: {error}"
    if written_for[0] == offered[0] and written_for[1] <= offered[1]:
        return ""
    upgrade = "the plugin" if written_for < offered else "sovl"
    return f"it is written for hook API {stated}, this SOVL has {here}: upgrade {upgrade}"
