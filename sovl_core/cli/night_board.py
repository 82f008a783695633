"""A night that goes on in the background, as one discreet line below the prompt."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Callable, Optional

from sovl_core.cli.progress import progress_text

if TYPE_CHECKING:
    from sovl_core.events import Progress


class NightBoard:
    """Keeps the line and has the prompt redrawn when it changes.

    :param redraw: asks the prompt to draw itself again; may be called from any thread.
    """

    def __init__(self, redraw: Callable[[], None]) -> None:
        self._redraw = redraw
        self._line: Optional[str] = None

    @property
    def line(self) -> Optional[str]:
        """What to show, None while awake."""
        return self._line

    def progress(self, progress: Progress) -> None:
        """Take note of how far the night has come."""
        self._line = f"asleep · {progress_text(progress)} · it wakes up for you at once"
        self._redraw()

    def awake(self) -> None:
        """Take note that the night is over."""
        self._line = None
        self._redraw()


def outcome_text(outcome: Any) -> str:
    """Return in one sentence what a night in the background came to, "" when it need not be told.

    :param outcome: a report, an error, or the interruption that ended it.
    """
    from sovl_core.error_handling import SOVLError
    from sovl_core.events import NightInterrupted, NightReport

    if isinstance(outcome, NightReport):
        if outcome.status == "nothing":
            return ""
        learned = f" It learned {len(outcome.learned)} of what was lived." if outcome.accepted else ""
        why = f" ({outcome.reason})" if outcome.reason and not outcome.accepted else ""
        number = "A night" if outcome.number is None else f"Night {outcome.number}"
        return f"{number} is over: {outcome.status.replace('_', ' ')}{why}.{learned}"
    if isinstance(outcome, NightInterrupted):
        return ""
    if isinstance(outcome, SOVLError):
        return f"The night failed: {outcome}"
    return f"The night failed: {type(outcome).__name__}: {outcome}"
