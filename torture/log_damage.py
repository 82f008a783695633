"""Damage to the log beside the journal of a life that was killed: ``journal.db-wal``, where stands what was said last.

All of it is read back, or what is gone is what a power cut may cost: the last transaction, or what was cut off.
"""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import sqlite3
import struct
import tempfile
from pathlib import Path
from typing import Callable, Dict, List, NamedTuple, Optional

from sovl_core.journal_log import log_of
from sovl_core.life import JOURNAL_NAME
from torture.broken import flipped
from torture.processes import kill, run_sovl

SAID = [f"My cousin number {number} is called Tom {number}." for number in range(8)]
#: The log, and the index of it that SQLite makes anew.
LOG, INDEX = f"{JOURNAL_NAME}-wal", f"{JOURNAL_NAME}-shm"
_HEADER, _FRAME_HEADER = 32, 24


def leave_a_log(life: Path, environment: Dict[str, str]) -> None:
    """Talk to a life and kill the process when all has been answered, before it brings the log into the journal."""
    ended = run_sovl(["chat"], environment, "".join(f"{words}\n" for words in SAID), prepare=_die_instead_of_closing)
    if not ended.killed or ended.out.count("\n") < len(SAID):
        raise RuntimeError(f"the life whose log is to be damaged was not killed at the end of a session: {ended}")


def _die_instead_of_closing() -> None:
    from sovl_core.journal_database import JournalDatabase

    def close(database: JournalDatabase) -> None:
        kill(os.getpid())

    JournalDatabase.close = close  # type: ignore[method-assign]


class Hurt(NamedTuple):
    """A log that was damaged, None for one that is gone, and the part of it that ``must`` be read back nevertheless."""

    content: Optional[bytes]
    must: bytes


def transactions(log: bytes) -> List[int]:
    """Return where the transactions of a log end, those since it was last begun anew."""
    (size,) = struct.unpack_from(">I", log, 8)
    frame = _FRAME_HEADER + size
    found = []
    for at in range(_HEADER, len(log) - frame + 1, frame):
        if log[at + 8 : at + 16] != log[16:24]:
            break
        if log[at + 4 : at + 8] != b"\x00" * 4:
            found.append(at + frame)
    return found


def _flip(log: bytes, start: int, end: int, rng: random.Random) -> bytes:
    return log[:start] + flipped(log[start:end], rng) + log[end:]


def _flipped_in(start: Callable[[List[int]], int], end: Callable[[List[int]], int]) -> Callable[..., Hurt]:
    def hurt(log: bytes, rng: random.Random) -> Hurt:
        ends = [_HEADER, *transactions(log)]
        return Hurt(_flip(log, start(ends), end(ends), rng), log)

    return hurt


def _flipped_at_the_end(log: bytes, rng: random.Random) -> Hurt:
    ends = transactions(log)
    return Hurt(_flip(log, ends[-2], ends[-1], rng), log[: ends[-2]])


def _cut(log: bytes, rng: random.Random) -> Hurt:
    rest = log[: rng.randrange(_HEADER + 1, transactions(log)[-1])]
    return Hurt(rest, rest)


def _cut_at_the_end(log: bytes, rng: random.Random) -> Hurt:
    rest = log[: transactions(log)[-1] - rng.randrange(1, _FRAME_HEADER)]
    return Hurt(rest, rest)


def _cut_to_the_middle(log: bytes, rng: random.Random) -> Hurt:
    ends = transactions(log)
    return Hurt(log[: ends[rng.randrange(len(ends) - 1)]], log)


#: What is done to a log that has been brought into the journal, and stands there still, as after each thousandth page.
WHEN_BROUGHT_IN = "cut when it stood in the journal"
#: What is done to the log.
KINDS: Dict[str, Callable[[bytes, random.Random], Hurt]] = {
    "flipped in its header": _flipped_in(lambda ends: 0, lambda ends: ends[0]),
    "flipped in its first transaction": _flipped_in(lambda ends: ends[0], lambda ends: ends[1]),
    "flipped in the middle": _flipped_in(lambda ends: ends[len(ends) // 2 - 1], lambda ends: ends[len(ends) // 2]),
    "flipped anywhere but at its end": _flipped_in(lambda ends: ends[0], lambda ends: ends[-2]),
    "flipped in the last transaction but one": _flipped_in(lambda ends: ends[-3], lambda ends: ends[-2]),
    "flipped in its last transaction": _flipped_at_the_end,
    "cut": _cut,
    "cut in its last frame": _cut_at_the_end,
    WHEN_BROUGHT_IN: _cut_to_the_middle,
    "emptied": lambda log, rng: Hurt(b"", b""),
    "gone": lambda log, rng: Hurt(None, b""),
}


def hurt_log(life: Path, kind: str, rng: random.Random) -> bytes:
    """Damage the log of a life, and return the part of it that must be read back whatever happens."""
    log = log_of(life / JOURNAL_NAME)
    hurt = KINDS[kind](log.read_bytes(), rng)
    if kind == WHEN_BROUGHT_IN:
        with contextlib.closing(sqlite3.connect(str(life / JOURNAL_NAME))) as connection:
            connection.execute("PRAGMA wal_checkpoint(PASSIVE)")
    if hurt.content is None:
        log.unlink()
    else:
        log.write_bytes(hurt.content)
    return hurt.must


def rows_with_log(life: Path, log: bytes, rows: Callable[[Path], Dict[str, List[str]]]) -> Dict[str, List[str]]:
    """Return what SQLite reads of a life's journal with this log beside it."""
    with tempfile.TemporaryDirectory(prefix="sovl-torture-log-") as folder:
        journal = Path(folder) / JOURNAL_NAME
        shutil.copyfile(str(life / JOURNAL_NAME), str(journal))
        log_of(journal).write_bytes(log)
        return rows(Path(folder))
