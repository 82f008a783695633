"""A life that is damaged, and struck while ``sovl doctor --repair`` mends it.

Nothing that was acknowledged stands where it is damaged, but for a night: all of it must be there afterwards, and what
was damaged must lie aside as it was.
"""

from __future__ import annotations

import hashlib
import random
import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import Callable, Dict, Iterable, List, Set

from sovl_core.life import JOURNAL_NAME
from sovl_core.night_store import NightStore
from torture.attempt import Attempt
from torture.ledger import Ledger
from torture.processes import Ended

#: Where a file of SQLite says what it is.
HEADER = 100


def flipped(content: bytes, rng: random.Random) -> bytes:
    """Return a file with one bit of it turned over."""
    changed = bytearray(content)
    changed[rng.randrange(len(changed))] ^= 1 << rng.randrange(8)
    return bytes(changed)


@dataclass(frozen=True)
class Part:
    """A part of a life: the ``files`` it lies in, none where there is no such part, and how one of them is damaged."""

    files: Callable[[Path], List[Path]]
    damage: Callable[[Path, random.Random], None]


def repair(number: int, rng: random.Random, folder: Path, life: Path) -> Attempt:
    """Damage one part of the life; it is mended at the latest when the repair is begun again."""
    part = PARTS[rng.choice([name for name in sorted(PARTS) if PARTS[name].files(life)])]
    damaged = rng.choice(part.files(life))
    part.damage(damaged, rng)
    digest = _digest(damaged)

    def promised(ended: Ended, ledger: Ledger) -> List[str]:
        return [] if digest in _digests(life) else [f"{damaged} was damaged, and lies nowhere as it was"]

    def mended(ended: Ended, ledger: Ledger) -> List[str]:
        whole = NightStore(life / "nights")
        ledger.accepted = {night for night in ledger.accepted if not whole.verify(night)}
        ledger.damaged.update(_night_of(damaged))
        return promised(ended, ledger)

    arguments = ["doctor", "--repair"]
    return Attempt(arguments, promised=promised, again=Attempt(arguments, promised=mended))


def _night_of(path: Path) -> Set[int]:
    return {int(folder.name) for folder in path.parents if folder.parent.name == "nights" and folder.name.isdigit()}


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _digests(life: Path) -> Set[str]:
    return {_digest(path) for path in life.rglob("*") if path.is_file()}


def _filled(paths: Iterable[Path]) -> List[Path]:
    return sorted(path for path in paths if path.is_file() and path.stat().st_size)


def _of_nights(life: Path) -> List[Path]:
    return _filled(path for path in (life / "nights").glob("*/**/*") if path.relative_to(life).parts[1].isdigit())


def _of_states(life: Path) -> List[Path]:
    return _filled((life / "state").glob("*"))


def _journal(life: Path) -> List[Path]:
    return [life / JOURNAL_NAME]


def _flip(path: Path, rng: random.Random) -> None:
    path.write_bytes(flipped(path.read_bytes(), rng))


def _overwrite_header(path: Path, rng: random.Random) -> None:
    _overwrite(_rested(path), 0, HEADER)


def _overwrite_index(path: Path, rng: random.Random) -> None:
    """Overwrite the root page of an index: the rows are whole, and SQLite finds them no more by it."""
    connection = sqlite3.connect(str(_rested(path)))
    size = connection.execute("PRAGMA page_size").fetchone()[0]
    pages = connection.execute("SELECT rootpage FROM sqlite_master WHERE type = 'index' ORDER BY name").fetchall()
    connection.close()
    _overwrite(path, (rng.choice(pages)[0] - 1) * size, size)


def _rested(journal: Path) -> Path:
    """Bring all of the journal into its one file, as after a quiet day."""
    connection = sqlite3.connect(str(journal))
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    return journal


def _overwrite(path: Path, start: int, length: int) -> None:
    content = bytearray(path.read_bytes())
    content[start : start + length] = b"\xa5" * length
    path.write_bytes(bytes(content))


PARTS: Dict[str, Part] = {
    "a night": Part(_of_nights, _flip),
    "state of a plugin": Part(_of_states, _flip),
    "the journal's header": Part(_journal, _overwrite_header),
    "an index of the journal": Part(_journal, _overwrite_index),
}
