"""What can still be read of a damaged journal, row by row, into a new one.

The damaged file is only read. A row that cannot be read is stepped over, and with it those on the same page of the
file; text that is none keeps what can be read of it. What a lost row was referred to by refers to nothing then. Where
SQLite cannot find the rows at all, what the user said is read off the pages.
"""

from __future__ import annotations

import contextlib
import json
import sqlite3
import time
from pathlib import Path
from typing import Any, Dict, Iterator, List, Optional, Sequence, Tuple

from sovl_core.durable import sync_file, sync_folder, write_file
from sovl_core.journal_database import JournalDatabase
from sovl_core.journal_log import has_log, is_log_damaged, pages_in_log, with_log
from sovl_core.journal_nights import SALVAGED, NightJournal
from sovl_core.journal_pages import rows_on_pages
from sovl_core.journal_pairing import is_file_behind, is_of_another_time
from sovl_core.journal_soundness import JSON_COLUMNS, what_is_wrong
from sovl_core.night_store import NightStore

#: In the order in which they refer to one another. Counters are kept by triggers, and ``life`` has one row.
TABLES = (
    "nights",
    "episodes",
    "night_episodes",
    "questions",
    "feedback",
    "dreams",
    "dream_parents",
    "metrics",
    "imports",
    "forgotten",
    "state",
)
#: Rows that are stepped over at most in one place; beyond lies nothing.
_FURTHEST = 1 << 40
#: In place of a night's number: nobody can tell which was in use.
_UNKNOWN = -1

Row = Dict[str, Any]


def salvage_journal(damaged: Path, target: Path, store: NightStore) -> Dict[str, int]:
    """Write a new journal of all that can be read of a damaged one, and of the nights that lie on the disk.

    :param damaged: need not exist.
    :param target: the new file; what is there already is written over. It is on the disk when this returns.
    :return: how many rows there are now, by table.
    :raises SOVLError: when the disk is full.
    """
    joined = Path(f"{target}-joined")
    for path in (target, Path(f"{target}-wal"), Path(f"{target}-shm"), joined):
        if path.exists():
            path.unlink()
    apart = is_of_another_time(damaged)
    # The file alone is whole then, and the two together are not.
    beside = list(rows_on_pages(damaged, pages_in_log(damaged))) if apart else []
    with _with_its_log(damaged, joined, apart) as source:
        rows = _salvage(source, target, store, beside, apart and is_file_behind(damaged))
    sync_file(target)
    sync_folder(target.parent)
    return rows


@contextlib.contextmanager
def _with_its_log(damaged: Path, joined: Path, apart: bool) -> Iterator[Path]:
    """Yield a file with all that stands in the log: ``joined``, as long as it is needed, where SQLite would not look.

    It does not where the journal itself is gone or has no length, nor behind damage in the log.

    :param apart: make it a copy of the file without its log.
    """
    there = damaged.exists() and damaged.stat().st_size > 0
    if not apart and (not has_log(damaged) or (there and not is_log_damaged(damaged))):
        yield damaged
        return
    try:
        write_file(joined, damaged.read_bytes() if apart else with_log(damaged))
        yield joined
    finally:
        if joined.exists():
            joined.unlink()


def _salvage(
    damaged: Path, target: Path, store: NightStore, beside: Sequence[Tuple[str, Row]], beside_first: bool
) -> Dict[str, int]:
    """Read a damaged file into a new one, and rows read ``beside`` it; of two rows of one number the first stays."""
    database = JournalDatabase(target)
    try:
        with database.write() as connection:
            connection.execute("PRAGMA defer_foreign_keys = ON")
            for table, row in beside if beside_first else ():
                _insert(connection, table, row)
            whole = damaged.exists() and damaged.stat().st_size > 0
            current = _copy(damaged, connection) if whole else _UNKNOWN
            if damaged.exists() and not (whole and _reads_to_the_end(damaged)):
                for table, row in rows_on_pages(damaged):
                    _insert(connection, table, row)
            for table, row in beside:
                _insert(connection, table, row)
            _add_nights(connection, store)
            _let_go_of_the_lost(connection)
            rows = {table: _count(connection, table) for table in TABLES}
            current = _to_wake_with(connection, current, store)
        NightJournal(database, time.time).use_night(current)
        database.scrub()
        return rows
    finally:
        database.close()


def _copy(damaged: Path, target: sqlite3.Connection) -> Optional[int]:
    """Copy what can be read; return the night that was in use, ``_UNKNOWN`` where that cannot be read either."""
    source = sqlite3.connect(f"{damaged.absolute().as_uri()}?mode=ro", uri=True)
    source.text_factory = bytes
    try:
        for table in TABLES:
            wanted = [row[1] for row in target.execute(f"PRAGMA table_info({table})")]
            for row in _readable_rows(source, table):
                _insert(target, table, {name: value for name, value in row.items() if name in wanted})
        _keep_numbers(source, target)
        found = source.execute("SELECT current_night FROM life").fetchone()
        return _UNKNOWN if found is None else found[0]
    except sqlite3.DatabaseError:
        return _UNKNOWN
    finally:
        source.close()


def _reads_to_the_end(damaged: Path) -> bool:
    """Return whether SQLite finds every row of what the user said."""
    source = sqlite3.connect(f"{damaged.absolute().as_uri()}?mode=ro", uri=True)
    source.text_factory = bytes
    try:
        for table in ("episodes", "feedback"):
            for _ in source.execute(f"SELECT * FROM {table} NOT INDEXED"):
                pass
    except sqlite3.DatabaseError:
        return False
    finally:
        source.close()
    return True


def _readable_rows(source: sqlite3.Connection, table: str) -> Iterator[Row]:
    try:
        columns = [row[1].decode() for row in source.execute(f"PRAGMA table_info({table})")]
    except sqlite3.DatabaseError:
        return
    if not columns:
        return
    for values in _by_number(source, table) if _has_numbers(source, table) else _from_both_ends(source, table, columns):
        yield dict(zip(columns, values))


def _has_numbers(source: sqlite3.Connection, table: str) -> bool:
    try:
        source.execute(f"SELECT rowid FROM {table} LIMIT 0")
    except sqlite3.DatabaseError:
        return False
    return True


def _by_number(source: sqlite3.Connection, table: str) -> Iterator[Tuple[Any, ...]]:
    # NOT INDEXED: an index may be damaged where the rows are not.
    query = f"SELECT rowid, * FROM {table} NOT INDEXED WHERE rowid > ? ORDER BY rowid"
    position: Optional[int] = -1
    while position is not None:
        try:
            for number, *values in source.execute(query, (position,)):
                position = number
                yield tuple(values)
            return
        except sqlite3.DatabaseError:
            position = _beyond(source, query, position)


def _beyond(source: sqlite3.Connection, query: str, position: int) -> Optional[int]:
    """Return the least number after which rows can be read again, None where there is none."""

    def readable(after: int) -> bool:
        try:
            return source.execute(f"{query} LIMIT 1", (after,)).fetchone() is not None
        except sqlite3.DatabaseError:
            return False

    step = 1
    while not readable(position + step):
        step *= 2
        if step > _FURTHEST:
            return None
    low, high = position + step // 2, position + step
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if readable(middle) else (middle, high)
    return high


def _from_both_ends(source: sqlite3.Connection, table: str, columns: Sequence[str]) -> Iterator[Tuple[Any, ...]]:
    try:
        described = source.execute(f"PRAGMA table_info({table})").fetchall()
    except sqlite3.DatabaseError:
        return
    key = [columns[row[0]] for row in sorted(described, key=lambda row: int(row[5])) if row[5]]
    seen = set()
    for way in ("ASC", "DESC"):
        try:
            for values in source.execute(f"SELECT * FROM {table} ORDER BY {', '.join(f'{k} {way}' for k in key)}"):
                if values not in seen:
                    seen.add(values)
                    yield values
            return
        except sqlite3.DatabaseError:
            continue


def _insert(target: sqlite3.Connection, table: str, row: Row) -> None:
    for column, value in list(row.items()):
        instead = JSON_COLUMNS.get(table, {}).get(column)
        if instead is not None and what_is_wrong(value, is_json=True):
            if not instead:
                return
            row[column] = instead
        elif isinstance(value, bytes):
            row[column] = value.decode("utf-8", "replace").replace("\x00", "\ufffd")
    names = ", ".join(row)
    marks = ", ".join("?" * len(row))
    try:
        target.execute(f"INSERT OR IGNORE INTO {table} ({names}) VALUES ({marks})", tuple(row.values()))
    except sqlite3.IntegrityError:  # a number where text must be, or nothing where something must be
        return


def _keep_numbers(source: sqlite3.Connection, target: sqlite3.Connection) -> None:
    """No number that was given once is given again, though its row be lost."""
    for name, value in source.execute("SELECT name, seq FROM sqlite_sequence"):
        _at_least(target, name.decode("utf-8", "replace"), value)


def _at_least(target: sqlite3.Connection, table: str, number: int) -> None:
    if target.execute("UPDATE sqlite_sequence SET seq = MAX(seq, ?) WHERE name = ?", (number, table)).rowcount == 0:
        target.execute("INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)", (table, number))


def _add_nights(target: sqlite3.Connection, store: NightStore) -> None:
    """Enter whole nights of which the journal has no row: each as if it had come after the one before."""
    numbers = store.numbers()
    for number in numbers:
        known = target.execute("SELECT 1 FROM nights WHERE number = ?", (number,)).fetchone()
        if known is not None or store.verify(number):
            continue
        report, when = _report(store.path(number))
        before = target.execute(
            "SELECT MAX(number) FROM nights WHERE number < ? AND status IN ('accepted', 'partial')", (number,)
        ).fetchone()[0]
        status = report.get("status") if report.get("status") in ("accepted", "partial") else "accepted"
        target.execute(
            "INSERT INTO nights (number, parent, status, cause, started, finished, report) "
            "VALUES (?, ?, ?, ?, ?, ?, ?)",
            (number, before, status, SALVAGED, when, when, json.dumps(report)),
        )
        target.executemany(
            "INSERT OR IGNORE INTO night_episodes (night, episode) SELECT ?, id FROM episodes WHERE id = ?",
            [(number, learned) for learned in report.get("learned", ()) if isinstance(learned, int)],
        )
    if numbers:
        _at_least(target, "nights", numbers[-1])


def _report(folder: Path) -> Tuple[Dict[str, Any], float]:
    report = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    return (report if isinstance(report, dict) else {}), (folder / "manifest.json").stat().st_mtime


def _let_go_of_the_lost(target: sqlite3.Connection) -> None:
    """What refers to a row that is lost refers to nothing; what is nothing without it goes."""
    for table in (*TABLES, *TABLES):  # twice: what went the first time may have been referred to
        needed = {row[1] for row in target.execute(f"PRAGMA table_info({table})") if row[3] or row[5]}
        for reference in target.execute(f"PRAGMA foreign_key_list({table})").fetchall():
            other, column, there = reference[2], reference[3], reference[4]
            lost = f"{column} IS NOT NULL AND {column} NOT IN (SELECT {there} FROM {other})"
            if column in needed:
                target.execute(f"DELETE FROM {table} WHERE {lost}")
            else:
                target.execute(f"UPDATE {table} SET {column} = NULL WHERE {lost}")


def _to_wake_with(target: sqlite3.Connection, current: Optional[int], store: NightStore) -> Optional[int]:
    """Return the night that was in use, else the last whole one; None is the life before its first."""
    accepted = "SELECT number FROM nights WHERE status IN ('accepted', 'partial') AND purged = 0 ORDER BY number DESC"
    numbers: List[int] = [row[0] for row in target.execute(accepted)]
    if current is None or current in numbers:
        return current
    return next((number for number in numbers if not store.verify(number)), None)


def _count(target: sqlite3.Connection, table: str) -> int:
    return int(target.execute(f"SELECT COUNT(*) FROM {table}").fetchone()[0])
