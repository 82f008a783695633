from __future__ import annotations

import threading
from typing import List

import pytest

from sovl_core.cli.trace_notes import TraceNotes

pytestmark = pytest.mark.no_torch

QUIET = ["on_idle", "  gestation runs 0.012 ms", "  curiosity runs 0.031 ms", "on_idle took 0.096 ms"]
TURN = ["on_generate", "  memory begins 0.306 ms", "  kernel runs 709.327 ms", "on_generate took 816.138 ms"]
SPEAKS = [
    "on_idle",
    "  gestation runs 0.012 ms",
    "  on_generate",
    "    kernel runs 80.000 ms",
    "  on_generate took 81.000 ms",
    "  curiosity runs 82.000 ms",
    "on_idle took 83.000 ms",
]


def test_idle_moments_without_an_event_are_left_out() -> None:
    lines: List[str] = []
    notes = TraceNotes(lines.append)
    for line in [*QUIET, *TURN, *QUIET, *QUIET, *SPEAKS, *QUIET, *TURN]:
        notes(line)
    assert lines == [*TURN, *SPEAKS, *TURN]


def test_an_idle_moment_in_one_thread_hides_nothing_of_another() -> None:
    lines: List[str] = []
    notes = TraceNotes(lines.append)
    notes("on_idle")
    thread = threading.Thread(target=lambda: [notes(line) for line in TURN])
    thread.start()
    thread.join()
    notes("on_idle took 1.000 ms")
    assert lines == TURN
