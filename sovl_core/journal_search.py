"""Searching the episodes: a full-text index where SQLite has FTS5, plain comparison where it has not.

The index is no part of the versioned schema: a life may be carried to a machine whose SQLite lacks FTS5 and back, so it
is put in place, taken out of use and rebuilt each time the journal is opened for writing.
"""

from __future__ import annotations

import re
import sqlite3
import unicodedata
from typing import List, Tuple

#: The full-text index; what SQLite keeps for it has names that begin so.
INDEX = _TABLE = "episodes_search"
_REMOVE = f"INSERT INTO {_TABLE} ({_TABLE}, rowid, prompt, reply) VALUES ('delete', OLD.id, OLD.prompt, OLD.reply);"
_ADD = f"INSERT INTO {_TABLE} (rowid, prompt, reply) VALUES (NEW.id, NEW.prompt, NEW.reply);"
_TRIGGERS = {
    f"{_TABLE}_insert": f"AFTER INSERT ON episodes BEGIN {_ADD} END",
    f"{_TABLE}_delete": f"AFTER DELETE ON episodes BEGIN {_REMOVE} END",
    f"{_TABLE}_update": f"AFTER UPDATE OF prompt, reply ON episodes BEGIN {_REMOVE} {_ADD} END",
}
#: SQLite limits the depth of an expression; nobody searches for more words.
_MOST_WORDS = 50
#: Matches that are compared with one another, the newest: a word of every turn is in all of them.
RANKED = 10_000


def has_fts5(connection: sqlite3.Connection) -> bool:
    """Return whether this SQLite was built with FTS5."""
    return any(row[0] == "ENABLE_FTS5" for row in connection.execute("PRAGMA compile_options"))


def has_search_index(connection: sqlite3.Connection) -> bool:
    """Return whether a full-text index is there, kept up to date, and can be read by this SQLite."""
    return has_fts5(connection) and len(_present_triggers(connection)) == len(_TRIGGERS)


def ensure_search_index(connection: sqlite3.Connection) -> bool:
    """Put the full-text index in place when SQLite can, take it out of use when not; return whether it is there."""
    if has_search_index(connection):
        return True
    possible, present = has_fts5(connection), _present_triggers(connection)
    if not possible and not present:
        return False
    connection.execute("BEGIN IMMEDIATE")
    try:
        for name in present:  # without FTS5 each of them would make writing an episode fail
            connection.execute(f"DROP TRIGGER {name}")
        if possible:
            _build(connection)
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
    return possible


def _build(connection: sqlite3.Connection) -> None:
    connection.execute(
        f"CREATE VIRTUAL TABLE IF NOT EXISTS {_TABLE} "
        "USING fts5 (prompt, reply, content='episodes', content_rowid='id')"
    )
    connection.execute(f"INSERT INTO {_TABLE} ({_TABLE}) VALUES ('rebuild')")
    for name, body in _TRIGGERS.items():
        connection.execute(f"CREATE TRIGGER {name} {body}")


def _present_triggers(connection: sqlite3.Connection) -> List[str]:
    rows = connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")
    return [row[0] for row in rows if row[0] in _TRIGGERS]


def search_query(text: str, limit: int, indexed: bool, any_word: bool = False) -> Tuple[str, List[object]]:
    """Return SQL and parameters that find the episodes holding every word of ``text``.

    :param text: words as a person types them; none of it is read as query syntax.
    :param indexed: whether there is a full-text index. It gives the best match first, of the newest :data:`RANKED`, and
        takes the last word as the beginning of one; comparison gives the newest first.
    :param any_word: one of the words is enough, and none is the beginning of another. The best match comes first:
        with the index by BM25, in which rare words count more, else that with most of the words.
    """
    words = re.findall(r"\w+", text)[:_MOST_WORDS]
    # FTS5 splits at spaces and punctuation; scripts written without spaces would only match as whole sentences.
    if indexed and words and not any(unicodedata.category(letter) == "Lo" for letter in text):
        quoted = [f'"{word}"' for word in words]
        phrase = " OR ".join(quoted) if any_word else " ".join(quoted) + "*"
        oldest = f"SELECT rowid FROM {_TABLE} WHERE {_TABLE} MATCH ? ORDER BY rowid DESC LIMIT 1 OFFSET {RANKED - 1}"
        return (
            f"SELECT episodes.* FROM {_TABLE} JOIN episodes ON episodes.id = {_TABLE}.rowid "
            f"WHERE {_TABLE} MATCH ? AND {_TABLE}.rowid >= COALESCE(({oldest}), 0) "
            "ORDER BY rank, episodes.id DESC LIMIT ?",
            [phrase, phrase, limit],
        )
    pieces = words if any_word else text.split()[:_MOST_WORDS]
    condition = r"(prompt LIKE ? ESCAPE '\' OR reply LIKE ? ESCAPE '\')"
    parameters: List[object] = []
    for piece in pieces:
        pattern = "%" + re.sub(r"([\\%_])", r"\\\1", piece) + "%"
        parameters += [pattern, pattern]
    if any_word:
        count = " + ".join([condition] * len(pieces)) or "0"
        query = f"SELECT *, {count} AS words FROM episodes WHERE words > 0 ORDER BY words DESC, id DESC LIMIT ?"
        return query, [*parameters, limit]
    terms = " AND ".join([condition] * len(pieces)) or "0"
    return f"SELECT * FROM episodes WHERE {terms} ORDER BY id DESC LIMIT ?", [*parameters, limit]
