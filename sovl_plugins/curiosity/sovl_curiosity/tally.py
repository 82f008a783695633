"""What curiosity came to: eruptions, questions asked and answered, how new they were."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import Any, Dict


@dataclass
class Tally:
    """``fruitless`` counts eruptions of which no question came, ``spontaneous`` questions out of silence, ``answered``
    all that were answered, ``measured`` answers of which a night has said whether they taught anything, ``taught``
    those that are known better since.
    """

    eruptions: int = 0
    fruitless: int = 0
    spontaneous: int = 0
    in_replies: int = 0
    by_command: int = 0
    answered: int = 0
    measured: int = 0
    taught: int = 0
    novelty_sum: float = 0.0
    scored: int = 0

    @property
    def asked(self) -> int:
        """All questions asked."""
        return self.spontaneous + self.in_replies + self.by_command

    @property
    def mean_novelty(self) -> float:
        """Mean novelty of the questions that were scored; 0 before the first."""
        return self.novelty_sum / self.scored if self.scored else 0.0

    def weigh(self, novelty: float) -> None:
        """Take note of a question that was scored."""
        self.novelty_sum += novelty
        self.scored += 1

    def to_dict(self) -> Dict[str, Any]:
        """Return the JSON-able state."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Dict[str, Any]) -> Tally:
        """Return what :meth:`to_dict` gave; missing and unknown keys are passed over."""
        return cls(**{field.name: values[field.name] for field in fields(cls) if field.name in values})
