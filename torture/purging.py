"""Nights that have learned what was forgotten, removed for good: struck in the middle of it, and typed again."""

from __future__ import annotations

import contextlib
import random
from pathlib import Path
from typing import List

from sovl_core.journal import Journal
from sovl_core.night_store import NightStore
from torture.attempt import Attempt
from torture.examination import files_with
from torture.journal_copies import copied_journal, journal_copy
from torture.ledger import Ledger
from torture.processes import Ended


def purge(number: int, rng: random.Random, folder: Path, life: Path) -> Attempt:
    """Removing nights: once it is said they are nowhere, and no file of the life has a word of what was forgotten."""
    with copied_journal(life) as copy, contextlib.closing(Journal(copy, read_only=True)) as journal:
        learned, current = sorted(journal.nights_with_forgotten()), journal.current_night()

    def promised(ended: Ended, ledger: Ledger) -> List[str]:
        ledger.purged.update(learned)
        return _not_purged(life, learned, ledger) if ended.status == 0 else []

    def purged(ended: Ended, ledger: Ledger) -> List[str]:
        problems = promised(ended, ledger)
        with journal_copy(life) as connection:
            (now,) = connection.execute("SELECT current_night FROM life").fetchone()
        return problems if now == current else [*problems, f"it was awake with night {current}, and is with {now}"]

    arguments = ["forget", "--purge", "--yes"]
    return Attempt(arguments, promised=promised, again=Attempt(arguments, promised=purged))


def _not_purged(life: Path, nights: List[int], ledger: Ledger) -> List[str]:
    left = sorted(set(nights).intersection(NightStore(life / "nights").numbers()))
    problems = [f"night {number} was said to be removed, and lies there" for number in left]
    with journal_copy(life) as journal:
        said = " ".join(row[0] for row in journal.execute("SELECT prompt FROM episodes"))
    gone = [word for word in ledger.forgotten if word not in said]
    return problems + [f"{word} is forgotten, and still in {path}" for word in gone for path in files_with(life, word)]
