"""Whether a journal's file and the log beside it belong together: SQLite takes any log for that of any file.

An older copy of the file, put back beside the log of a session that was killed, would be mixed with it: pages of two
days in one tree, and rows of both that no query finds. So transactions are numbered, in a row that goes with them.
The file alone is as far as it was when the log was begun, or further; a copy from before that is not as far.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Optional

from sovl_core.journal_log import LONGEST, count_transactions, has_log, log_of

_COUNTER, _BROKEN = "transactions", -1


def number_transaction(connection: sqlite3.Connection) -> None:
    """Give the transaction that is open on a connection its number: one more than the one before it."""
    counted = connection.execute("UPDATE counters SET value = value + 1 WHERE name = ?", (_COUNTER,))
    if not counted.rowcount:
        connection.execute("INSERT INTO counters (name, value) VALUES (?, 1)", (_COUNTER,))


def is_of_another_time(journal: Path) -> bool:
    """Return True where the log goes on from another state of the journal than the file has.

    What earlier versions wrote has no numbers, and passes. Nothing is changed.
    """
    if not has_log(journal) or not journal.exists() or not journal.stat().st_size:
        return False
    # One that great holds a file that was written anew: all of its pages, whatever the file beside it has.
    if log_of(journal).stat().st_size > LONGEST:
        return False
    content = log_of(journal).read_bytes()
    alone, joined = _number(journal, "&immutable=1"), _number(journal)
    if alone in (None, _BROKEN) or joined is None:
        return False
    # Not every transaction has a number, such as one that writes the file anew: then the log may begin further back.
    if joined - count_transactions(content) <= alone <= joined:
        return False
    # Somebody may be writing it just now.
    return log_of(journal).exists() and log_of(journal).read_bytes() == content


def is_file_behind(journal: Path) -> bool:
    """Return True where what the log says is later than the file; not so where the log is older, or was cut since."""
    alone, joined = _number(journal, "&immutable=1"), _number(journal)
    return alone not in (None, _BROKEN) and joined is not None and alone < joined


def _number(journal: Path, options: str = "") -> Optional[int]:
    """Return the number of the last transaction, 0 where none has one, None where the file cannot be opened here.

    ``_BROKEN`` where its pages make no whole, as of a log and a file that do not belong together.
    """
    try:
        connection = sqlite3.connect(f"{journal.absolute().as_uri()}?mode=ro{options}", uri=True)
        try:
            if connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'counters'").fetchone() is None:
                return 0
            row = connection.execute("SELECT value FROM counters WHERE name = ?", (_COUNTER,)).fetchone()
            return 0 if row is None else int(row[0])
        finally:
            connection.close()
    except sqlite3.OperationalError:
        return None
    except (sqlite3.Error, TypeError, ValueError):
        return _BROKEN
