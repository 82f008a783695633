"""What ``--trace-hooks`` shows within a session: everything but the idle moments in which nothing happened."""

from __future__ import annotations

import threading
from typing import Callable, List, Optional

IDLE = "on_idle"
#: Words of a trace line about a plugin that has looked and found nothing to do: name, ``runs``, time, unit.
_QUIET_WORDS = 4


class _Moment(threading.local):
    lines: Optional[List[str]] = None


class TraceNotes:
    """Passes trace lines on; holds back those of an idle moment until something else happens within it.

    A session asks the plugins once a second whether they want to speak; four lines for each time they do not would
    leave no room for anything else. Lines of different threads are kept apart.

    :param note: takes a line.
    """

    def __init__(self, note: Callable[[str], None]) -> None:
        self._note = note
        self._moment = _Moment()

    def __call__(self, line: str) -> None:
        """Take one line of the trace."""
        held = self._moment.lines
        if held is None:
            if line == IDLE:
                self._moment.lines = [line]
            else:
                self._note(line)
            return
        held.append(line)
        if line.startswith(f"{IDLE} took"):
            self._moment.lines = None
        elif not _quiet(line):
            self._moment.lines = None
            for waiting in held:
                self._note(waiting)


def _quiet(line: str) -> bool:
    words = line.split()
    return len(words) == _QUIET_WORDS and words[1] == "runs"
