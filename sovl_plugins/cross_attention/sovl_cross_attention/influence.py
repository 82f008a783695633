"""Dynamic influence: how recent confidence or temperament scales what the scaffold says in one reply."""

from __future__ import annotations

from typing import Optional

LEAST, MOST = 0.5, 2.0


def dynamic_factor(mode: str, mean_confidence: Optional[float], temperament: float) -> float:
    """Return the factor for one reply; nothing is written back.

    ``confidence``: clamp(2 * mean confidence, 0.5, 2), 1 while nothing was measured. ``temperament``:
    clamp(1 + temperament, 0.5, 2). ``off``: 1.
    """
    if mode == "confidence" and mean_confidence is not None:
        return _clamp(2.0 * mean_confidence)
    if mode == "temperament":
        return _clamp(1.0 + temperament)
    return 1.0


def _clamp(value: float) -> float:
    return max(LEAST, min(MOST, value))
