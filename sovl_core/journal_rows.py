"""Between the journal's rows and the records that the rest of the program sees; what text and values are stored as."""

from __future__ import annotations

import json
import math
import re
import sqlite3
from typing import Any, Dict, Optional, Sequence

from sovl_core.error_handling import BadInput
from sovl_core.events import Dream, Feedback
from sovl_core.records import Episode, Metric, NightRecord, Question

#: Larger than any row's number: "before the newest" as a bound that the primary key can be searched by.
NO_BOUND = 2**63 - 1

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def clean_text(text: str) -> str:
    """Return ``text`` as SQLite can store and any program can read it back.

    Two surrogates that belong together become the character they stand for; a lone one and NUL (which ends a string for
    SQLite's functions and its shell) become U+FFFD.
    """
    if not _UNSTORABLE.search(text):
        return text
    paired = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return paired.replace("\x00", "\ufffd")


def to_json(value: Any) -> str:
    """Return a JSON-able value as text.

    :raises TypeError: when it is not JSON-able.
    """
    return clean_text(json.dumps(value, ensure_ascii=False))


def limit_of(limit: Optional[int]) -> int:
    """Return a LIMIT for SQL, where -1 is none.

    :raises BadInput: when the limit is negative.
    """
    if limit is None:
        return -1
    if limit < 0:
        raise BadInput(f"A limit of {limit} rows makes no sense", "Give a number from 0 up, or none")
    return limit


def numbers_in(numbers: Sequence[int]) -> str:
    """Return numbers as an SQL list; written out because the count of parameters is limited and theirs is not."""
    return "({})".format(", ".join(str(int(number)) for number in numbers))


def read_counter(connection: sqlite3.Connection, name: str) -> int:
    """Return one of the counters that triggers keep."""
    return int(connection.execute("SELECT value FROM counters WHERE name = ?", (name,)).fetchone()["value"])


def require(connection: sqlite3.Connection, table: str, number: int, what: str) -> sqlite3.Row:
    """Return the row of a table with that number.

    :raises BadInput: when there is none, named as ``what``.
    """
    key = "number" if table == "nights" else "id"
    row = connection.execute(f"SELECT * FROM {table} WHERE {key} = ?", (number,)).fetchone()
    if row is None:
        raise BadInput(f"There is no {what} {number} in this life")
    return row  # type: ignore[no-any-return]


def episode_from(row: sqlite3.Row) -> Episode:
    """Return the episode in a row of ``episodes``."""
    return Episode(
        id=row["id"],
        conversation=row["conversation"],
        prompt=row["prompt"],
        reply=row["reply"],
        source=row["source"],
        confidence=row["confidence"],
        weight=row["weight"],
        learnable=bool(row["learnable"]),
        night=row["night"],
        superseded_by=row["superseded_by"],
        created=row["created"],
        details=_mapping(row["details"]),
    )


def question_from(row: sqlite3.Row) -> Question:
    """Return the question in a row of ``questions``."""
    return Question(
        id=row["id"],
        text=row["text"],
        source=row["source"],
        status=row["status"],
        episode=row["episode"],
        answer_episode=row["answer_episode"],
        created=row["created"],
        details=_mapping(row["details"]),
    )


def feedback_from(row: sqlite3.Row) -> Feedback:
    """Return the feedback in a row of ``feedback``."""
    return Feedback(
        kind=row["kind"],
        value=_number(row["value"]),
        text=row["text"],
        episode=row["episode"],
        question=row["question"],
        source=row["source"],
    )


def dream_from(row: sqlite3.Row, parents: Sequence[int]) -> Dream:
    """Return the dream in a row of ``dreams``, with the episodes it was made out of."""
    return Dream(
        kind=row["kind"],
        prompt=row["prompt"],
        completion=row["completion"],
        parents=list(parents),
        writer=row["writer"],
        answer=row["answer"],
        weight=row["weight"],
        held_out=bool(row["held_out"]),
        verdict=row["verdict"],
        why=row["why"],
        id=row["id"],
        night=row["night"],
    )


def night_from(row: sqlite3.Row) -> NightRecord:
    """Return the night in a row of ``nights``; an accepted one that was gone back behind is ``undone``.

    One whose files were removed for good is ``purged``.
    """
    return NightRecord(
        number=row["number"],
        parent=row["parent"],
        status="purged" if row["purged"] else "undone" if row["undone"] else row["status"],
        trigger=row["cause"],
        started=row["started"],
        finished=row["finished"],
        report=_mapping(row["report"]),
        plugins=_mapping(row["plugins"]),
        deep=bool(row["deep"]),
        newest_episode=row["newest_episode"],
    )


def metric_from(row: sqlite3.Row) -> Metric:
    """Return the measurement in a row of ``metrics``."""
    return Metric(
        name=row["name"],
        value=_number(row["value"]),
        night=row["night"],
        episode=row["episode"],
        created=row["created"],
    )


def _number(value: Optional[float]) -> float:
    # SQLite has no NaN and keeps NULL in its place.
    return math.nan if value is None else value


def _mapping(text: str) -> Dict[str, Any]:
    return json.loads(text)  # type: ignore[no-any-return]
