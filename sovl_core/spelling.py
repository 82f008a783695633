"""Finds what somebody probably meant to write: the nearest right name for an error message."""

from __future__ import annotations

import difflib
from typing import Iterable, Optional


def nearest(word: str, choices: Iterable[str]) -> Optional[str]:
    """Return the choice most like ``word``, None when none is like it; upper and lower case count as alike."""
    by_lower = {choice.lower(): choice for choice in sorted(choices)}
    found = difflib.get_close_matches(word.lower(), by_lower, n=1, cutoff=0.6)
    return by_lower[found[0]] if found else None


def did_you_mean(word: str, choices: Iterable[str], prefix: str = "") -> str:
    """Return ``Did you mean X?`` for the nearest choice, with ``prefix`` before it; "" when none is like ``word``."""
    found = nearest(word, choices)
    return f"Did you mean {prefix}{found}?" if found else ""
