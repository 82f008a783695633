"""The calibrations of a life, each with the night that made it: undoing a night undoes its calibration."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Dict, List, Optional, Tuple

from sovl_curiosity.calibration import Calibration

if TYPE_CHECKING:
    from sovl_core.journal import Journal

#: Nights whose calibration is kept.
KEPT = 50


class Calibrations:
    """Calibrations by the number of their night.

    In use is that of the newest night that the current weights build on. A night that was set aside or undone, or could
    not be stored, is not among those, and so nothing has to be taken back.
    """

    def __init__(self) -> None:
        self._by_night: Dict[int, Calibration] = {}

    def add(self, night: int, calibration: Calibration) -> None:
        """Keep what a night has made; the oldest beyond :data:`KEPT` are dropped."""
        self._by_night[night] = calibration
        for oldest in sorted(self._by_night)[:-KEPT]:
            del self._by_night[oldest]

    def in_use(self, journal: Journal) -> Optional[Tuple[int, Calibration]]:
        """Return the calibration that holds for the current weights, with its night; None where none does."""
        current = journal.current_night()
        if current is None or not self._by_night:
            return None
        for night in journal.ancestors(current):
            if night in self._by_night:
                return night, self._by_night[night]
        return None

    def to_list(self) -> List[Dict[str, Any]]:
        """Return JSON-able values."""
        return [{"night": night, **made.to_dict()} for night, made in sorted(self._by_night.items())]

    @classmethod
    def from_list(cls, values: List[Dict[str, Any]]) -> Calibrations:
        """Return what :meth:`to_list` gave, without those that are of no use any more."""
        calibrations = cls()
        for each in values:
            made = Calibration.from_dict(each)
            if made is not None:
                calibrations.add(int(each["night"]), made)
        return calibrations
