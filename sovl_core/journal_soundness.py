"""Whether what a journal's rows hold can be read: text, JSON, and the words against the index of them.

SQLite's own check looks at the structure of the file. A flipped byte within a row is found here: as text that is none,
as JSON that is none, or as words that the full-text index does not have.
"""

from __future__ import annotations

import json
import sqlite3
from typing import Dict, Iterator, List

from sovl_core.journal_search import INDEX, has_search_index

#: Columns that hold JSON, by table, each with what stands for nothing.
JSON_COLUMNS: Dict[str, Dict[str, str]] = {
    "episodes": {"details": "{}"},
    "nights": {"report": "{}", "plugins": "{}"},
    "questions": {"details": "{}"},
    "state": {"value": ""},
}
#: Rows that are named one by one; more would hide them.
NAMED = 20


def unsound_rows(path: str) -> List[str]:
    """Return what is wrong with single rows, in words, at most :data:`NAMED`.

    :param path: the file; read through a connection of its own, and nothing is written.
    :raises sqlite3.DatabaseError: when the file itself cannot be read.
    """
    connection = sqlite3.connect(f"{path}?mode=ro", uri=True)
    # As bytes: text that is none would end the query.
    connection.text_factory = bytes
    try:
        found: List[str] = []
        for table, columns in _text_columns(connection).items():
            for problem in _problems(connection, table, columns):
                found.append(problem)
                if len(found) >= NAMED:
                    return found
        return found + _words_unlike_index(connection)
    finally:
        connection.close()


def _text_columns(connection: sqlite3.Connection) -> Dict[str, List[str]]:
    columns: Dict[str, List[str]] = {}
    for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name").fetchall():
        table = name.decode("utf-8", "replace")
        if table.startswith(("sqlite_", INDEX)):
            continue
        described = connection.execute(f"PRAGMA table_info({table})").fetchall()
        text = [row[1].decode() for row in described if row[2] == b"TEXT"]
        if text:
            columns[table] = text
    return columns


def _problems(connection: sqlite3.Connection, table: str, columns: List[str]) -> Iterator[str]:
    known = JSON_COLUMNS.get(table, {})
    for row in connection.execute(f"SELECT {', '.join(columns)} FROM {table}"):
        for column, value in zip(columns, row):
            wrong = what_is_wrong(value, column in known)
            if wrong:
                yield f"table {table}, column {column}: {wrong}: {value[:60]!r}"


def what_is_wrong(value: object, is_json: bool) -> str:
    """Return what is wrong with a stored text, "" when nothing is.

    :param value: as bytes; anything else is no text and passes.
    """
    if not isinstance(value, bytes):
        return ""
    try:
        text = value.decode("utf-8")
        if is_json:
            json.loads(text)
    except UnicodeDecodeError:
        return "not text"
    except ValueError:
        return "broken JSON"
    return ""


def _words_unlike_index(connection: sqlite3.Connection) -> List[str]:
    connection.text_factory = str
    if not has_search_index(connection):
        return []
    # FTS5 compares by an INSERT, which a reader may not do to the file itself; "" is a file that SQLite removes.
    copy = sqlite3.connect("")
    try:
        connection.backup(copy)
        copy.execute("INSERT INTO episodes_search (episodes_search, rank) VALUES ('integrity-check', 1)")
    except sqlite3.DatabaseError:
        return ["the words of a turn are not those that were written, or the index of them is damaged"]
    finally:
        copy.close()
    return []
