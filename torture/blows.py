"""How a life is struck: killed at a moment, killed before a step on the disk, or left without room on the disk."""

from __future__ import annotations

import contextlib
import os
import random
import resource
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Callable, Iterator, Optional

from torture.disk_steps import DiskSteps
from torture.order import order_recorder
from torture.processes import kill

MOMENT, STEP, FULL = "killed at a moment", "killed before a step on the disk", "disk full from a moment on"
WAYS = (MOMENT, STEP, FULL)
#: The part of a command's time in which nothing but imports and opening happens, where kills teach little.
EARLY = 0.1


@dataclass
class Blow:
    """One way to strike a command: ``interfere`` after so many seconds from outside, ``prepare`` within."""

    way: str
    when: str
    after: float = 0.0
    interfere: Optional[Callable[[int], None]] = None
    prepare: Optional[Callable[[], None]] = None


def draw(
    way: str,
    rng: random.Random,
    seconds: float,
    steps: int,
    life: Path,
    notes: Path,
    fill: Optional[Callable[[int], None]] = None,
) -> Blow:
    """Return a blow; room on the disk is taken at a moment, or before a step on it.

    :param seconds: how long the command works when nothing happens to it.
    :param steps: how many steps on the disk it takes then.
    :param notes: a file that says afterwards how many steps were taken, and which was the last.
    :param fill: takes the room; None for :func:`fill_up`.
    """
    interfere = kill if way == MOMENT else fill or fill_up
    if way == STEP or (way == FULL and rng.random() < 0.5):
        step = rng.randint(1, max(1, steps))
        strike = kill if way == STEP else interfere
        return Blow(way, f"step {step} of about {steps}", prepare=_stepping(life, notes, step, strike))
    after = rng.uniform(EARLY * seconds, 1.02 * seconds)
    return Blow(way, f"{after:.3f} s of about {seconds:.3f}", after, interfere)


def _stepping(life: Path, notes: Path, step: int, strike: Callable[[int], None]) -> Callable[[], None]:
    return lambda: count_steps(life, notes, step, strike)


def record_order(life: Path, log: Path) -> None:
    """Write down every step on the disk from here on, a line each."""
    file = open(str(log), "a", buffering=1, encoding="utf-8", errors="replace")  # noqa: SIM115 - as long as the process
    DiskSteps(str(life), order_recorder(lambda line: file.write(f"{line}\n") and None)).install()


def count_steps(life: Path, notes: Path, strike_at: int = 0, strike: Callable[[int], None] = kill) -> None:
    """Note the steps on the disk from here on; the process is struck before step ``strike_at``, 0 for never."""
    descriptor = os.open(str(notes), os.O_WRONLY | os.O_CREAT, 0o600)

    def each(number: int, what: str) -> None:
        with contextlib.suppress(OSError):  # without room there is none for notes
            os.pwrite(descriptor, f"{number:8d} {what[:200]:200}".encode(), 0)
        if number == strike_at:
            strike(os.getpid())

    DiskSteps(str(life), each).install()


def fill_up(pid: int) -> None:
    """Leave a process no room: from now on no file of it takes another byte."""
    with contextlib.suppress(ProcessLookupError):
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (0, 0))


class SmallDisk:
    """A file system of its own in memory, filled to the last byte when it is wanted.

    :param folder: where it is mounted.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._ballast = folder / "ballast"

    def fill(self, _pid: int = 0) -> None:
        """Take all the room there is."""
        with open(str(self._ballast), "ab", buffering=0) as file:
            for size in (1 << 20, 1 << 12, 1):
                with contextlib.suppress(OSError):
                    while file.write(b"\0" * size) == size:
                        pass

    def empty(self) -> None:
        """Give it back."""
        with contextlib.suppress(FileNotFoundError):
            self._ballast.unlink()


@contextlib.contextmanager
def small_disk(folder: Path, megabytes: int) -> Iterator[Optional[SmallDisk]]:
    """Mount a small file system for the time of this block; None where this user may not."""
    folder.mkdir(parents=True, exist_ok=True)
    command: Any = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(folder)]
    try:
        mounted = subprocess.run(command, capture_output=True, check=False).returncode == 0
    except OSError:
        mounted = False
    try:
        yield SmallDisk(folder) if mounted else None
    finally:
        if mounted:
            subprocess.run(["umount", "-l", str(folder)], capture_output=True, check=False)
