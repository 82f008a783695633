"""The journal's tables, indexes and triggers, and the way from an older version of them to the present one.

``PRAGMA user_version`` holds the version. A migration is a tuple of SQL statements that leads from one version to the
next; a released one is never edited, a change is a further tuple.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Sequence, Tuple

from sovl_core.error_handling import LifeDamaged, SOVLError

Migration = Tuple[str, ...]

#: Kept in the database's header, so that another program's SQLite file is not taken for a journal: "SOVL" in ASCII.
APPLICATION_ID = 0x534F564C

#: What stands for a version in a damaged file is large: the number has four bytes.
_NO_VERSION = 10_000

#: Terms of a WHERE clause; SQLite uses a partial index only where a query repeats its terms word by word.
UNCONSOLIDATED = "night IS NULL AND learnable = 1 AND superseded_by IS NULL"
CONSOLIDATED = "night IS NOT NULL AND learnable = 1 AND superseded_by IS NULL"

_TABLES: Migration = (
    "CREATE TABLE counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL DEFAULT 0) WITHOUT ROWID",
    "CREATE TABLE state (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
    # AUTOINCREMENT throughout: the number of something deleted is never given to something else.
    """CREATE TABLE nights (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        parent INTEGER REFERENCES nights (number),
        status TEXT NOT NULL,
        undone INTEGER NOT NULL DEFAULT 0,
        cause TEXT NOT NULL,
        started REAL NOT NULL,
        finished REAL,
        report TEXT NOT NULL DEFAULT '{}',
        plugins TEXT NOT NULL DEFAULT '{}')""",
    """CREATE TABLE life (
        only INTEGER PRIMARY KEY CHECK (only = 1),
        current_night INTEGER REFERENCES nights (number))""",
    "INSERT INTO life (only, current_night) VALUES (1, NULL)",
    """CREATE TABLE episodes (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        conversation TEXT NOT NULL,
        prompt TEXT NOT NULL,
        reply TEXT NOT NULL DEFAULT '',
        source TEXT NOT NULL,
        confidence REAL,
        weight REAL NOT NULL DEFAULT 1,
        learnable INTEGER NOT NULL DEFAULT 1,
        night INTEGER REFERENCES nights (number),
        superseded_by INTEGER REFERENCES episodes (id) ON DELETE SET NULL,
        created REAL NOT NULL,
        details TEXT NOT NULL DEFAULT '{}')""",
    # What each accepted night learned, kept when another night is switched to: switching back finds it again.
    """CREATE TABLE night_episodes (
        night INTEGER NOT NULL REFERENCES nights (number),
        episode INTEGER NOT NULL REFERENCES episodes (id) ON DELETE CASCADE,
        PRIMARY KEY (night, episode)) WITHOUT ROWID""",
    """CREATE TABLE questions (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        text TEXT NOT NULL,
        source TEXT NOT NULL,
        status TEXT NOT NULL,
        episode INTEGER REFERENCES episodes (id) ON DELETE SET NULL,
        answer_episode INTEGER REFERENCES episodes (id) ON DELETE SET NULL,
        created REAL NOT NULL,
        details TEXT NOT NULL DEFAULT '{}')""",
    """CREATE TABLE feedback (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        kind TEXT NOT NULL,
        value REAL,
        text TEXT NOT NULL,
        episode INTEGER REFERENCES episodes (id) ON DELETE CASCADE,
        question INTEGER REFERENCES questions (id) ON DELETE SET NULL,
        source TEXT NOT NULL,
        created REAL NOT NULL)""",
    """CREATE TABLE dreams (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        night INTEGER REFERENCES nights (number),
        kind TEXT NOT NULL,
        prompt TEXT NOT NULL,
        completion TEXT NOT NULL,
        writer TEXT NOT NULL,
        answer TEXT NOT NULL,
        weight REAL NOT NULL,
        held_out INTEGER NOT NULL,
        verdict TEXT NOT NULL,
        why TEXT NOT NULL,
        created REAL NOT NULL)""",
    """CREATE TABLE dream_parents (
        dream INTEGER NOT NULL REFERENCES dreams (id) ON DELETE CASCADE,
        position INTEGER NOT NULL,
        episode INTEGER NOT NULL REFERENCES episodes (id),
        PRIMARY KEY (dream, position)) WITHOUT ROWID""",
    """CREATE TABLE metrics (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        name TEXT NOT NULL,
        value REAL,
        night INTEGER REFERENCES nights (number),
        episode INTEGER REFERENCES episodes (id) ON DELETE CASCADE,
        created REAL NOT NULL)""",
)

_INDEXES: Migration = (
    # Every index ends with the row's number, which SQLite appends: equal keys come out oldest first.
    f"CREATE INDEX episodes_unconsolidated ON episodes (night) WHERE {UNCONSOLIDATED}",
    f"CREATE INDEX episodes_consolidated ON episodes (learnable) WHERE {CONSOLIDATED}",
    "CREATE INDEX episodes_conversation ON episodes (conversation)",
    # Apart from the one above: thousands of told lines without a reply are not walked through to find a dialogue.
    "CREATE INDEX episodes_answered ON episodes (conversation) WHERE reply <> ''",
    "CREATE INDEX episodes_night ON episodes (night) WHERE night IS NOT NULL",
    "CREATE INDEX episodes_superseded ON episodes (superseded_by) WHERE superseded_by IS NOT NULL",
    "CREATE INDEX night_episodes_episode ON night_episodes (episode)",
    "CREATE UNIQUE INDEX nights_running ON nights (status) WHERE status = 'running'",
    "CREATE INDEX nights_parent ON nights (parent)",
    "CREATE INDEX questions_status ON questions (status)",
    "CREATE INDEX questions_episode ON questions (episode)",
    "CREATE INDEX questions_answer ON questions (answer_episode)",
    "CREATE INDEX feedback_episode ON feedback (episode)",
    "CREATE INDEX feedback_question ON feedback (question)",
    "CREATE INDEX dreams_night ON dreams (night)",
    "CREATE INDEX dreams_kind ON dreams (kind)",
    "CREATE INDEX dreams_verdict ON dreams (verdict, night)",
    "CREATE INDEX dream_parents_episode ON dream_parents (episode)",
    "CREATE INDEX metrics_name ON metrics (name)",
    "CREATE INDEX metrics_episode ON metrics (episode) WHERE episode IS NOT NULL",
)

QUESTION_STATUSES = ("queued", "asked", "answered", "dropped")
_COUNTED = ("episodes", "dreams", "nights")
_COUNTERS = (*_COUNTED, "unconsolidated", "consolidated", *(f"questions.{status}" for status in QUESTION_STATUSES))


def _holds(terms: str, row: str) -> str:
    """Return terms over ``NEW`` or ``OLD``, as an expression that is 1 or 0."""
    return "({})".format(" AND ".join(f"{row}.{term}" for term in terms.split(" AND ")))


def _count(counter: str, change: str) -> str:
    return f"UPDATE counters SET value = value + {change} WHERE name = {counter};"


def _row_counter(table: str) -> Migration:
    more, less = _count(f"'{table}'", "1"), _count(f"'{table}'", "-1")
    return (
        f"CREATE TRIGGER {table}_count_insert AFTER INSERT ON {table} BEGIN {more} END",
        f"CREATE TRIGGER {table}_count_delete AFTER DELETE ON {table} BEGIN {less} END",
    )


def _condition_counter(name: str, terms: str) -> Migration:
    new, old, counter = _holds(terms, "NEW"), _holds(terms, "OLD"), f"'{name}'"
    return (
        f"CREATE TRIGGER {name}_insert AFTER INSERT ON episodes WHEN {new} BEGIN {_count(counter, '1')} END",
        f"CREATE TRIGGER {name}_delete AFTER DELETE ON episodes WHEN {old} BEGIN {_count(counter, '-1')} END",
        f"CREATE TRIGGER {name}_update AFTER UPDATE OF learnable, night, superseded_by ON episodes "
        f"WHEN {new} <> {old} BEGIN {_count(counter, f'{new} - {old}')} END",
    )


def _status_counter() -> Migration:
    gained, lost = _count("'questions.' || NEW.status", "1"), _count("'questions.' || OLD.status", "-1")
    return (
        f"CREATE TRIGGER questions_count_insert AFTER INSERT ON questions BEGIN {gained} END",
        f"CREATE TRIGGER questions_count_delete AFTER DELETE ON questions BEGIN {lost} END",
        f"CREATE TRIGGER questions_count_update AFTER UPDATE OF status ON questions BEGIN {lost} {gained} END",
    )


VERSION_1: Migration = (
    f"PRAGMA application_id = {APPLICATION_ID}",
    *_TABLES,
    *_INDEXES,
    *(f"INSERT INTO counters (name) VALUES ('{name}')" for name in _COUNTERS),
    *(statement for table in _COUNTED for statement in _row_counter(table)),
    *_condition_counter("unconsolidated", UNCONSOLIDATED),
    *_condition_counter("consolidated", CONSOLIDATED),
    *_status_counter(),
)

#: What was taken in from elsewhere. A key outlives its episode: what was deleted does not come back with the same file.
VERSION_2: Migration = (
    """CREATE TABLE imports (
        key TEXT PRIMARY KEY,
        episode INTEGER REFERENCES episodes (id) ON DELETE SET NULL) WITHOUT ROWID""",
    "CREATE INDEX imports_episode ON imports (episode)",
)

#: Deep nights, which build on none before them, and what was forgotten after a night had learned it: numbers only.
VERSION_3: Migration = (
    "ALTER TABLE nights ADD COLUMN deep INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE nights ADD COLUMN purged INTEGER NOT NULL DEFAULT 0",
    """CREATE TABLE forgotten (
        night INTEGER NOT NULL REFERENCES nights (number),
        episode INTEGER NOT NULL,
        PRIMARY KEY (night, episode)) WITHOUT ROWID""",
)

#: What had been said when a night began, so that what is new since needs no clock, which may stand still or go back.
VERSION_4: Migration = ("ALTER TABLE nights ADD COLUMN newest_episode INTEGER NOT NULL DEFAULT 0",)

#: The newest turn of one's own is found behind any number of imported ones, the newest reply behind any number of told
#: lines: without these every start, or every `why`, would walk through them.
VERSION_5: Migration = (
    "CREATE INDEX episodes_said ON episodes (id) WHERE source <> 'import'",
    "CREATE INDEX episodes_replied ON episodes (id) WHERE reply <> ''",
)

#: ``MIGRATIONS[n]`` leads from version n to version n + 1; version 0 is an empty file.
MIGRATIONS: Tuple[Migration, ...] = (VERSION_1, VERSION_2, VERSION_3, VERSION_4, VERSION_5)


def schema_version(connection: sqlite3.Connection) -> int:
    """Return the version of the tables in a database, 0 for an empty one."""
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def is_newer(path: Path) -> bool:
    """Return whether a file says that it is a journal of a later version; a number beyond reason is damage."""
    try:
        connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)
        try:
            return len(MIGRATIONS) < schema_version(connection) < _NO_VERSION
        finally:
            connection.close()
    except sqlite3.Error:
        return False


def check_readable(connection: sqlite3.Connection, path: Path, newest: int) -> int:
    """Return the version of a journal that this program can read, or bring up to date.

    :param newest: the version that this program writes.
    :raises LifeDamaged: when the file is newer than that, or another program's database.
    """
    version = schema_version(connection)
    identity = int(connection.execute("PRAGMA application_id").fetchone()[0])
    tables = int(connection.execute("SELECT COUNT(*) FROM sqlite_master").fetchone()[0])
    if (version or tables) and identity != APPLICATION_ID:
        raise LifeDamaged(
            f"{path} is an SQLite database, but not a journal of SOVL", "Choose another folder: --life PATH"
        )
    if version > newest:
        raise LifeDamaged(
            f"The journal {path} has version {version}; this SOVL reads up to version {newest}",
            "It was written by a newer SOVL: bring this one up to date with `pip install --upgrade sovl`",
        )
    return version


def migrate(connection: sqlite3.Connection, path: Path, migrations: Sequence[Migration] = MIGRATIONS) -> None:
    """Bring a journal to the newest version, one transaction a version: a crash leaves a whole version.

    :param connection: in autocommit mode (``isolation_level=None``), able to write.
    :param path: the file, for messages.
    :raises LifeDamaged: when the file is newer than this program, or another program's database.
    """
    version = check_readable(connection, path, len(migrations))
    while version < len(migrations):
        connection.execute("BEGIN IMMEDIATE")
        try:
            # Read again under the lock: another process may have migrated between the check and here.
            if schema_version(connection) == version:
                for statement in migrations[version]:
                    connection.execute(statement)
                connection.execute(f"PRAGMA user_version = {version + 1}")
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise
        version += 1


def check_current(connection: sqlite3.Connection, path: Path, newest: int = len(MIGRATIONS)) -> None:
    """Refuse a journal that a reader cannot use as it is.

    :raises LifeDamaged: as :func:`migrate`.
    :raises SOVLError: when the journal is older and must first be opened for writing.
    """
    version = check_readable(connection, path, newest)
    if version == 0:
        raise SOVLError(f"The journal {path} is still empty", f"Begin the life with `sovl chat --life {path.parent}`")
    if version < newest:
        raise SOVLError(
            f"The journal {path} has version {version}, this SOVL reads version {newest}",
            f"Opening it for writing brings it up to date: `sovl chat --life {path.parent}`",
        )
