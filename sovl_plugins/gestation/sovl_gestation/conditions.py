"""When a night is due: enough has gathered, and the day went well enough to be worth learning from."""

from __future__ import annotations

from typing import Optional

from sovl_gestation.settings import GestationSettings


def should_gestate(memories: int, mean_confidence: Optional[float], settings: GestationSettings) -> bool:
    """Return True when a night is due.

    :param memories: learnable episodes not yet consolidated.
    :param mean_confidence: since the last sleep; None, when nothing was measured, does not stand in the way.
    """
    if memories < settings.minimum_memories:
        return False
    return mean_confidence is None or mean_confidence > settings.minimum_confidence
