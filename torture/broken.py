"""A life that is damaged, and struck while ``sovl doctor --repair`` mends it.

Nothing that was acknowledged stands where it is damaged, but for a night: all of it must be there afterwards, and what
was damaged must lie aside as it was.
"""

from __future__ import annotations

import hashlib
import random
import sqlite3
from pathlib import Path
from typing import Callable, Dict, List, Optional, Set

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


def repair(number: int, rng: random.Random, folder: Path, life: Path) -> Attempt:
    """Damage one part of the life; it is mended at the latest when the repair is begun again."""
    parts = [part for part in sorted(PARTS) if PARTS[part](life, rng, False) is not None]
    damaged = PARTS[rng.choice(parts)](life, rng, True)
    assert damaged is not None
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


def _flip_one_of(files: List[Path], rng: random.Random, do: bool) -> Optional[Path]:
    filled = [path for path in files if path.stat().st_size]
    if not filled or not do:
        return filled[0] if filled else None
    path = rng.choice(filled)
    path.write_bytes(flipped(path.read_bytes(), rng))
    return path


def _night(life: Path, rng: random.Random, do: bool) -> Optional[Path]:
    folders = [folder for folder in sorted((life / "nights").glob("*")) if folder.name.isdigit()]
    return _flip_one_of(sorted(path for each in folders for path in each.rglob("*") if path.is_file()), rng, do)


def _state(life: Path, rng: random.Random, do: bool) -> Optional[Path]:
    return _flip_one_of(sorted(path for path in (life / "state").glob("*") if path.is_file()), rng, do)


def _journal_header(life: Path, rng: random.Random, do: bool) -> Optional[Path]:
    return _overwrite(_rested(life / JOURNAL_NAME), 0, HEADER) if do else life / JOURNAL_NAME


def _journal_index(life: Path, rng: random.Random, do: bool) -> Optional[Path]:
    """Overwrite the root page of an index: the rows are whole, and SQLite finds them no more by it."""
    path = life / JOURNAL_NAME
    if not do:
        return path
    connection = sqlite3.connect(str(_rested(path)))
    size = connection.execute("PRAGMA page_size").fetchone()[0]
    pages = connection.execute("SELECT rootpage FROM sqlite_master WHERE type = 'index' ORDER BY name").fetchall()
    connection.close()
    return _overwrite(path, (rng.choice(pages)[0] - 1) * size, size)


def _rested(journal: Path) -> Path:
    """Bring all of the journal into its one file, as after a quiet day."""
    connection = sqlite3.connect(str(journal))
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    return journal


def _overwrite(path: Path, start: int, length: int) -> Path:
    content = bytearray(path.read_bytes())
    content[start : start + length] = b"\xa5" * length
    path.write_bytes(bytes(content))
    return path


#: What is damaged: returns the file, None where there is none; with False nothing is done yet.
PARTS: Dict[str, Callable[[Path, random.Random, bool], Optional[Path]]] = {
    "a night": _night,
    "state of a plugin": _state,
    "the journal's header": _journal_header,
    "an index of the journal": _journal_index,
}
