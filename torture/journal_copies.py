"""A life's journal as a blow has left it: looked at in a copy, so that looking changes nothing."""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
import tempfile
from pathlib import Path
from typing import Dict, Iterator, List, Tuple

from sovl_core.journal_schema import MIGRATIONS, migrate
from sovl_core.journal_search import INDEX
from sovl_core.life import JOURNAL_NAME


@contextlib.contextmanager
def copied_journal(life: Path) -> Iterator[Path]:
    """Copy the journal with the log beside it, as the next process would find it, for the time of this block."""
    with tempfile.TemporaryDirectory(prefix="sovl-torture-copy-") as folder:
        for name in (JOURNAL_NAME, f"{JOURNAL_NAME}-wal"):
            if (life / name).exists():
                shutil.copyfile(str(life / name), str(Path(folder) / name))
        yield Path(folder) / JOURNAL_NAME


@contextlib.contextmanager
def journal_copy(life: Path) -> Iterator[sqlite3.Connection]:
    """Open such a copy."""
    with copied_journal(life) as copy:
        connection = sqlite3.connect(str(copy), isolation_level=None)
        try:
            yield connection
        finally:
            connection.close()


def shape(connection: sqlite3.Connection) -> Dict[Tuple[str, str], List[str]]:
    """Return a journal's tables with their columns, and its indexes and triggers with what they say.

    The full-text index is left out: it is no part of a version.
    """
    found: Dict[Tuple[str, str], List[str]] = {}
    for kind, name, sql in connection.execute("SELECT type, name, sql FROM sqlite_master").fetchall():
        if name.startswith((INDEX, "sqlite_")):
            continue
        columns = connection.execute(f"PRAGMA table_info({name})").fetchall()
        found[kind, name] = sorted(repr(row[1:]) for row in columns) if kind == "table" else [sql]
    return found


def shape_of_version(version: int) -> Dict[Tuple[str, str], List[str]]:
    """Return the shape of a journal of a version that nobody has migrated."""
    connection = sqlite3.connect(":memory:", isolation_level=None)
    try:
        migrate(connection, Path("memory"), MIGRATIONS[:version])
        return shape(connection)
    finally:
        connection.close()
