"""A life whose journal is of an older version: the next command to write brings it up to date, and is struck.

Columns and tables that came with later versions are taken out of a journal again, as far back as nothing is in them.
"""

from __future__ import annotations

import dataclasses
import random
import sqlite3
from pathlib import Path
from typing import Dict, List, Tuple

from sovl_core.journal_schema import MIGRATIONS, schema_version
from sovl_core.journal_search import INDEX
from sovl_core.life import JOURNAL_NAME
from torture.attempt import Attempt
from torture.journal_copies import journal_copy, shape, shape_of_version
from torture.ledger import Ledger
from torture.processes import Ended

#: What leads from a version back to the one before, and a query that is 1 where something would be lost by it.
BACK: Dict[int, Tuple[str, Tuple[str, ...]]] = {
    5: ("SELECT 0", ("DROP INDEX episodes_said", "DROP INDEX episodes_replied")),
    # What was newest when a night began only spares nights with nothing to learn.
    4: ("SELECT 0", ("ALTER TABLE nights DROP COLUMN newest_episode",)),
    3: (
        "SELECT EXISTS (SELECT 1 FROM nights WHERE deep OR purged) OR EXISTS (SELECT 1 FROM forgotten)",
        ("ALTER TABLE nights DROP COLUMN purged", "ALTER TABLE nights DROP COLUMN deep", "DROP TABLE forgotten"),
    ),
    2: ("SELECT EXISTS (SELECT 1 FROM imports)", ("DROP INDEX imports_episode", "DROP TABLE imports")),
}


def make_older(journal: Path, rng: random.Random) -> int:
    """Take a journal back to an older version, without its full-text index; return which.

    :param journal: the file; nobody has it open.
    """
    connection = sqlite3.connect(str(journal), isolation_level=None)
    try:
        version = rng.choice(_versions(connection))
        connection.execute("BEGIN IMMEDIATE")
        for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            if name.startswith(INDEX):
                connection.execute(f"DROP TRIGGER {name}")
        connection.execute(f"DROP TABLE IF EXISTS {INDEX}")
        for later in range(len(MIGRATIONS), version, -1):
            for statement in BACK[later][1]:
                connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {version}")
        connection.execute("COMMIT")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return version
    finally:
        connection.close()


def _versions(connection: sqlite3.Connection) -> List[int]:
    found = []
    for later in range(len(MIGRATIONS), 1, -1):
        if connection.execute(BACK[later][0]).fetchone()[0]:
            break
        found.append(later - 1)
    return found


def on_an_older_journal(attempt: Attempt, rng: random.Random, life: Path) -> Attempt:
    """Return the same command, on a journal that it must migrate first; whatever happens a whole version is left."""
    version = make_older(life / JOURNAL_NAME, rng)

    def promised(ended: Ended, ledger: Ledger) -> List[str]:
        return attempt.promised(ended, ledger) + half_migrated(life, version)

    return dataclasses.replace(attempt, promised=promised)


def half_migrated(life: Path, version: int) -> List[str]:
    """Return what is wrong with a journal that was of this version before somebody began to migrate it."""
    with journal_copy(life) as connection:
        now, is_now = schema_version(connection), shape(connection)
    if not version <= now <= len(MIGRATIONS):
        return [f"a journal of version {version} has version {now}"]
    wanted = shape_of_version(now)
    odd = sorted(name for name in {*wanted, *is_now} if wanted.get(name) != is_now.get(name))
    return [f"a journal of version {now}, from {version} on, is not as it should be: {odd}"] if odd else []
