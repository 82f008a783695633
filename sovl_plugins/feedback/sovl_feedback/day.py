"""What the mood remembers: confidences since the last sleep and a longer history of temperaments."""

from __future__ import annotations

from collections import deque
from typing import Any, Deque, Dict, Iterable, List

#: Longer than the vital signs keep: enough for a line that shows a mood's way, small enough to save every time.
KEPT_TEMPERAMENTS = 60
KEPT_CONFIDENCES = 200

BARS = "▁▂▃▄▅▆▇█"


class Day:
    """Confidences since the last sleep and the temperaments of the last replies, oldest first."""

    def __init__(self) -> None:
        self.confidences: Deque[float] = deque(maxlen=KEPT_CONFIDENCES)
        self.temperaments: Deque[float] = deque(maxlen=KEPT_TEMPERAMENTS)
        self._measured = 0

    def note(self, confidence: float, temperament: float, measured: int) -> None:
        """Take note of one reply.

        :param confidence: of the reply, in [0, 1].
        :param temperament: after the reply.
        :param measured: how many replies were measured since the last sleep, this one included. A count that did not
            grow says that there was a sleep in between, and the confidences begin anew.
        """
        if measured <= self._measured:
            self.confidences.clear()
        self._measured = measured
        self.confidences.append(confidence)
        self.temperaments.append(temperament)

    def to_dict(self) -> Dict[str, Any]:
        """Return the JSON-able state."""
        return {
            "confidences": list(self.confidences),
            "temperaments": list(self.temperaments),
            "measured": self._measured,
        }

    def load_dict(self, values: Dict[str, Any]) -> None:
        """Take back what :meth:`to_dict` gave; missing keys keep their start."""
        self.confidences = deque(_numbers(values.get("confidences", ())), maxlen=KEPT_CONFIDENCES)
        self.temperaments = deque(_numbers(values.get("temperaments", ())), maxlen=KEPT_TEMPERAMENTS)
        self._measured = int(values.get("measured", 0))


def sparkline(values: Iterable[float], lowest: float, highest: float, width: int = 30) -> str:
    """Return the last values as a line of bars, one character each.

    :param values: oldest first; those outside [lowest, highest] are drawn at the nearest end.
    :param width: characters at most.
    """
    newest = list(values)[-width:] if width > 0 else []
    span = highest - lowest
    top = len(BARS) - 1
    return "".join(BARS[max(0, min(top, round((value - lowest) / span * top)))] for value in newest)


def _numbers(values: Iterable[Any]) -> List[float]:
    return [float(value) for value in values]
