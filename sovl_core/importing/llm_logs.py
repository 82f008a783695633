"""The log of the tool ``llm``, ``logs.db``: prompts and responses of all its conversations, in SQLite.

Up to version 0.31 each is a row of ``responses``; from 0.32 on new ones are rows of ``turns`` with their words in
``turn_search``, and the older stay where they were.
"""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path
from typing import Any, Iterator, List, Set, Tuple

from sovl_core.error_handling import DataError
from sovl_core.importing.found import Found, LeftOut, Unusable
from sovl_core.importing.keys import Keys
from sovl_core.importing.moments import seconds_of
from sovl_core.records import Exchange

#: Before the name of a conversation and of a response, so that it is no other's.
PREFIX = "llm-"
#: Seconds to wait while ``llm`` itself is writing.
PATIENCE = 5.0

#: What is left out, and counted: a template, a file or the result of a tool was sent.
WORDLESS = "responses to no words of yours"

_COLUMNS = ("id", "prompt", "response", "conversation_id", "model", "datetime_utc")
_TURNS = (
    "SELECT turn_search.rowid, turns.id, turn_search.prompt, turn_search.response, turns.thread_id, turns.model, "
    "turns.datetime_utc FROM turn_search JOIN turns ON turns.id = turn_search.turn_id ORDER BY turn_search.rowid"
)


class LlmLog:
    """An open log; it is only read.

    :param path: ``logs.db``.
    :raises DataError: when it cannot be opened, or is no log of ``llm``.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._read = 0
        try:
            self._connection = sqlite3.connect(path.absolute().as_uri() + "?mode=ro", timeout=PATIENCE, uri=True)
        except sqlite3.Error as error:
            raise DataError(f"{path} cannot be read: {error}", "Check the path and its rights") from error
        try:
            # Text that is none must cost its own row, not the rest of the log.
            self._connection.text_factory = _text_or_bytes
            self._tables = self._find_tables()
        except BaseException:
            self._connection.close()
            raise

    def close(self) -> None:
        """Close the database."""
        self._connection.close()

    def found(self, keys: Keys) -> Iterator[Found]:
        """Yield prompt and response of each row, in the order they were written.

        :param keys: for rows without an id.
        """
        for table, query, _ in self._tables:
            rows = self._connection.execute(query)
            try:
                for row in rows:
                    self._read += 1
                    yield from _exchange(row, f"row {row[0]} of {table}", keys)
            except (sqlite3.Error, OverflowError) as error:
                rescue = f"try `sqlite3 {self._path} .recover`"
                yield Unusable(f"{table}, after {self._read} rows", f"the database is damaged ({error}): {rescue}")

    def share(self) -> float:
        """Return how much of it has been read, 0 to 1."""
        return min(1.0, self._read / max(1, sum(rows for _, _, rows in self._tables)))

    def _find_tables(self) -> List[Tuple[str, str, int]]:
        """Return name, query and number of rows of each table that holds what was said."""
        try:
            tables = []
            known = self._columns("responses")
            if {"prompt", "response"} <= known:
                chosen = ", ".join(name if name in known else f"NULL AS {name}" for name in _COLUMNS)
                query = f"SELECT rowid, {chosen} FROM responses ORDER BY rowid"
                tables.append(("responses", query, self._count("responses")))
            if {"turn_id", "prompt", "response"} <= self._columns("turn_search") and self._columns("turns"):
                tables.append(("turns", _TURNS, self._count("turn_search")))
        except sqlite3.Error as error:
            raise DataError(
                f"{self._path} cannot be read: {error}", "Copy it where nothing writes it, and tell the copy"
            ) from error
        if not tables:
            raise DataError(
                f"{self._path} is an SQLite database, but no log of llm: it has no table responses",
                "`llm logs path` prints where the log is",
            )
        return tables

    def _columns(self, table: str) -> Set[str]:
        return {str(row[1]) for row in self._connection.execute(f"PRAGMA table_info({table})")}

    def _count(self, table: str) -> int:
        return int(self._connection.execute(f"SELECT COUNT(*) FROM {table}").fetchone()[0])


@contextlib.contextmanager
def opened_llm_log(path: Path) -> Iterator[LlmLog]:
    """Open a log for the length of this block.

    :raises DataError: when it cannot be opened, or is no log of ``llm``.
    """
    log = LlmLog(path)
    try:
        yield log
    finally:
        log.close()


def _exchange(row: Tuple[Any, ...], place: str, keys: Keys) -> Iterator[Found]:
    _, id, prompt, response, conversation, model, moment = row
    if prompt is None or (isinstance(prompt, str) and not prompt.strip()):
        yield LeftOut(WORDLESS)
        return
    for name, value in (("prompt", prompt), ("response", response)):
        if value is not None and not isinstance(value, str):
            yield Unusable(place, f"its {name} is no text")
            return
    id = id if isinstance(id, str) else ""
    reply = (response or "").strip()
    name = conversation if isinstance(conversation, str) and conversation else id
    details = {"from": "llm"}
    if isinstance(model, str):
        details["model"] = model
    yield Exchange(
        prompt.strip(),
        reply,
        f"{PREFIX}{name}" if name else "",
        seconds_of(moment),
        f"{PREFIX}{id}" if id else keys.key(prompt, reply),
        details=details,
    )


def _text_or_bytes(raw: bytes) -> Any:
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw
