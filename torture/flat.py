"""One long session: memory, handles and threads must be at its end what they were when it was warm.

``python -m torture.flat --turns 10000`` has it with a tiny model and all installed plugins, and exits with 1 when
something grew.
"""

from __future__ import annotations

import argparse
import gc
import os
import shutil
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Callable, List, Optional, Sequence

from sovl_core.events import Feedback, Idle
from sovl_core.system import SOVLSystem

SETTINGS = {"core.scaffold_model": "base[:2]", "core.device": "cpu", "generation.max_new_tokens": 4}
#: Turns after which all bounded memories of a life are full: 256 prompts are the most that one remembers.
WARM = 300
#: What may be more at the end: the allocator's and SQLite's rounding, not a share of the turns.
ROOM_OBJECTS, ROOM_BYTES = 300, 16 * 2**20

#: Name of the thread that looks after plugins in their hooks.
WATCH = "sovl-hook-watch"


@dataclass(frozen=True)
class Footing:
    """What a process holds: objects that Python's collector knows, bytes in memory, open handles, threads.

    ``resident`` and ``handles`` are 0 where the system does not tell.
    """

    turns: int
    objects: int
    resident: int
    handles: int
    threads: int


def footing(turns: int) -> Footing:
    """Count what this process holds after so many turns."""
    gc.collect()
    handles = len(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else 0
    return Footing(turns, len(gc.get_objects()), _resident(), handles, _threads())


def what_grew(footings: Sequence[Footing]) -> List[str]:
    """Return what grew from the first footing to the last, in words; nothing when all stayed flat.

    Objects may be a tenth of the turns more, and some hundred that come and go (caches of weak references): in a long
    session one object that every turn leaves behind shows, in a short one a handful.
    """
    first, last = footings[0], footings[-1]
    turns = last.turns - first.turns
    found = []
    if last.objects - first.objects > turns / 10 + ROOM_OBJECTS:
        found.append(f"{last.objects - first.objects} objects more after {turns} turns")
    if last.resident - first.resident > ROOM_BYTES:
        found.append(f"{(last.resident - first.resident) / 2**20:.0f} MiB more after {turns} turns")
    if last.handles > first.handles:
        found.append(f"{last.handles - first.handles} handles more after {turns} turns")
    if last.threads > first.threads:
        found.append(f"{last.threads - first.threads} threads more after {turns} turns")
    return found


def live(life: SOVLSystem, turns: int, first: int = 0, warm: int = WARM, pause: int = 0) -> List[Footing]:
    """Have a conversation of so many turns, with all that belongs to one; return footings from the warm one on.

    :param first: number of the first turn, so that a session can be gone on with.
    :param pause: turns between two footings; 0 takes the first and the last alone.
    """
    found = []
    for number in range(1, turns + 1):
        _turn(life, first + number)
        if number in (warm, turns) or (pause and number > warm and number % pause == 0):
            found.append(footing(first + number))
    return found


def _turn(life: SOVLSystem, number: int) -> None:
    reply = life.generate(f"My dog number {number} is called Rex {number % 97}.", on_text=lambda piece: None)
    if number % 5 == 0:
        life.tell(f"The cellar has {number} steps.")
    if number % 7 == 0:
        life.feedback(Feedback("rating", value=1.0 if number % 2 else -1.0, episode=reply.episode))
    if number % 11 == 0:
        life.idle(Idle(seconds=60.0, conversation=life.conversation))
    if number % 13 == 0:
        life.status()
        life.commands()
    if number % 25 == 0:
        life.new_conversation()
    if number % 50 == 0:
        life.save()


def _threads() -> int:
    """Count threads; the watch over hooks, which ends when it has seen nobody for a while and begins anew, is there."""
    watching = sum(thread.name == WATCH for thread in threading.enumerate())
    return threading.active_count() - watching + max(1, watching)


def _resident() -> int:
    path = Path("/proc/self/statm")
    return int(path.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") if path.exists() else 0


def main(arguments: Optional[List[str]] = None, tell: Callable[[str], None] = print) -> int:
    """Have a long session and report; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m torture.flat", description=__doc__)
    parser.add_argument("--turns", type=int, default=10_000)
    parser.add_argument("--keep", action="store_true", help="leave the life where it is")
    chosen = parser.parse_args(arguments)
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    from sovl_core.testing import TinyModels

    folder = Path(tempfile.mkdtemp(prefix="sovl-flat-"))
    model = TinyModels(folder / "models")("llama")
    begun = time.monotonic()
    found: List[Footing] = []
    with SOVLSystem.open(folder / "life", overrides={**SETTINGS, "core.base_model": str(model)}, environ={}) as life:
        while not found or found[-1].turns < chosen.turns:
            done = found[-1].turns if found else 0
            found += live(life, min(1000, chosen.turns - done), done, warm=0 if found else min(WARM, chosen.turns))
            now = found[-1]
            tell(
                f"{now.turns} turns: {now.objects} objects, {now.resident / 2**20:.0f} MiB, {now.handles} handles, "
                f"{now.threads} threads, {time.monotonic() - begun:.0f} s"
            )
    if not chosen.keep:
        shutil.rmtree(str(folder), ignore_errors=True)
    grew = what_grew(found)
    tell("\n".join(grew) if grew else f"flat from turn {found[0].turns} to {found[-1].turns}")
    return 1 if grew else 0


if __name__ == "__main__":
    sys.exit(main())
