"""What a hook gave back, in a few words for the trace."""

from __future__ import annotations

import inspect
from typing import Any

#: Characters of a text that are shown.
LENGTH = 32
# The fields that tell most, of whatever a hook returns; the first that says anything is shown.
_TELLING = ("skipped", "status", "text", "title", "loss")


def in_short(value: Any) -> str:
    """Return a result in a few words, "" for None and for a wrapper that waits for the inner result.

    A list is counted, and its first item shown; of a result its kind and what tells most: ``Reply 'Rex'``.
    """
    if value is None or inspect.isgenerator(value):
        return ""
    if isinstance(value, (list, tuple)):
        return f"{len(value)} x {in_short(value[0])}" if value else "none"
    name = type(value).__name__
    said = next((found for found in (getattr(value, field, None) for field in _TELLING) if found is not None), None)
    if said is None:
        return name
    return f"{name} {said:.4g}" if isinstance(said, float) else f"{name} {_shortened(said)!r}"


def _shortened(said: Any) -> str:
    text = " ".join(str(said).split())
    return text if len(text) <= LENGTH else text[: LENGTH - 1] + "…"
