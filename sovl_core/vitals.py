"""Vital signs: the few numbers about the life that more than one behaviour reads.

The kernel keeps and saves them; plugins read them, and the one whose business a value is writes it (temperament is
written by feedback). With that plugin absent the value rests at its neutral start.
"""

from __future__ import annotations

from collections import deque
from typing import Any, Deque, Dict, Optional

#: Length of both histories where no setting says otherwise.
HISTORY_LENGTH = 5


class Vitals:
    """Exposure, confidence since the last sleep, temperament and their short histories.

    ``exposure`` counts what the life has gone through (see ``get_life_curve_weight``); ``capacity`` is how much it can
    take in: trainable parameters times the capacity factor, None before models are loaded.

    :param confidences: how many of the latest confidences are kept.
    :param temperaments: how many of the latest temperaments are kept.
    """

    def __init__(self, confidences: int = HISTORY_LENGTH, temperaments: int = HISTORY_LENGTH) -> None:
        self.exposure: float = 0.0
        self.capacity: Optional[float] = None
        self.temperament: float = 0.0
        self.temperament_history: Deque[float] = deque(maxlen=temperaments)
        self.confidence_history: Deque[float] = deque(maxlen=confidences)
        self.confidence_sum: float = 0.0
        self.confidence_count: int = 0
        self.last_prompt: str = ""

    def record_confidence(self, confidence: float) -> None:
        """Add the confidence of one reply, 0 to 1."""
        self.confidence_history.append(confidence)
        self.confidence_sum += confidence
        self.confidence_count += 1

    @property
    def mean_confidence(self) -> Optional[float]:
        """Mean confidence since the last sleep, None when nothing was measured."""
        return self.confidence_sum / self.confidence_count if self.confidence_count else None

    def record_temperament(self, temperament: float) -> None:
        """Set the temperament, in [-1, 1], and keep it in the history."""
        self.temperament = max(-1.0, min(1.0, temperament))
        self.temperament_history.append(self.temperament)

    def wake(self) -> None:
        """Start a new day: confidence is measured afresh."""
        self.confidence_sum = 0.0
        self.confidence_count = 0

    def to_dict(self) -> Dict[str, Any]:
        """Return the JSON-able state."""
        return {
            "exposure": self.exposure,
            "capacity": self.capacity,
            "temperament": self.temperament,
            "temperament_history": list(self.temperament_history),
            "confidence_history": list(self.confidence_history),
            "confidence_sum": self.confidence_sum,
            "confidence_count": self.confidence_count,
            "last_prompt": self.last_prompt,
        }

    def load_dict(self, values: Dict[str, Any]) -> None:
        """Take back what :meth:`to_dict` gave; missing keys keep their start."""
        self.exposure = float(values.get("exposure", 0.0))
        capacity = values.get("capacity")
        self.capacity = None if capacity is None else float(capacity)
        self.temperament = float(values.get("temperament", 0.0))
        for history, kept in (
            (self.temperament_history, values.get("temperament_history", ())),
            (self.confidence_history, values.get("confidence_history", ())),
        ):
            history.clear()
            history.extend(kept)
        self.confidence_sum = float(values.get("confidence_sum", 0.0))
        self.confidence_count = int(values.get("confidence_count", 0))
        self.last_prompt = str(values.get("last_prompt", ""))
