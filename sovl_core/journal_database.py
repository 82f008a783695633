"""The journal's SQLite connection: durable transactions, one at a time, and failures said in plain words.

One connection serves all threads of the process behind a lock. Another process reads beside the writer through a
connection of its own; in WAL mode neither waits for the other.
"""

from __future__ import annotations

import contextlib
import json
import os
import sqlite3
import threading
from pathlib import Path
from typing import Callable, Iterator, List, Optional, Tuple

from sovl_core.durable import private_opener, sync_folder
from sovl_core.error_handling import BadInput, LifeDamaged, LifeLocked, SOVLError
from sovl_core.events import JournalEntry
from sovl_core.journal_log import is_log_damaged, log_of
from sovl_core.journal_pairing import is_of_another_time, number_transaction
from sovl_core.journal_rows import clean_text
from sovl_core.journal_schema import check_current, migrate
from sovl_core.journal_search import ensure_search_index, has_search_index
from sovl_core.journal_soundness import unsound_rows
from sovl_core.plugin_blame import absolve

#: Seconds to wait for another connection's lock before giving up.
LOCK_TIMEOUT = 10.0

#: What is said of a log that SQLite would read in part.
LOG_DAMAGED = "the log beside it, where what was said last stands, is not what was written"

#: What is said of a log that SQLite would mix with the file.
LOG_OF_ANOTHER_TIME = (
    "the log beside it, where what was said last stands, goes on from another state of it; was a copy put back?"
)

_DAMAGE = ("malformed", "not a database", "decode to utf-8", "no such table", "no such column")


class JournalDatabase:
    """The open database of one life.

    :param path: ``journal.db``; created unless ``read_only``.
    :param read_only: refuse to write; the file must exist and be of the present version.
    :raises LifeDamaged: when the file is broken, newer than this program, or no journal.
    :raises SOVLError: when it cannot be opened.
    """

    def __init__(self, path: Path, read_only: bool = False) -> None:
        self.path = path
        self.read_only = read_only
        self._lock = threading.RLock()
        if read_only and not path.exists():
            raise BadInput(f"There is no journal at {path}", f"Begin a life there: `sovl chat --life {path.parent}`")
        with _explained(path):
            self._connection = self._open()
            try:
                self.has_search_index = self._prepare()
            except BaseException:
                self._connection.close()
                raise
        self._place = path.absolute()
        self._opened, self._log = _identity(self._place), _identity(log_of(self._place))

    def _open(self) -> sqlite3.Connection:
        if not self.read_only:
            if is_log_damaged(self.path):
                raise _damaged(self.path, LOG_DAMAGED)
            if is_of_another_time(self.path):
                raise _damaged(self.path, LOG_OF_ANOTHER_TIME)
            # SQLite gives the files beside it the rights of this one.
            with contextlib.suppress(OSError):  # SQLite says it better
                open(self.path, "ab", opener=private_opener).close()
        target = self.path.absolute().as_uri() + "?mode=ro" if self.read_only else str(self.path)
        if self.read_only and self._rests():
            target += "&immutable=1"
        connection = sqlite3.connect(
            target, timeout=LOCK_TIMEOUT, isolation_level=None, check_same_thread=False, uri=self.read_only
        )
        connection.row_factory = sqlite3.Row
        return connection

    def _rests(self) -> bool:
        """Return whether nobody can be writing: in a folder that takes no files SQLite wants to hear so."""
        log = log_of(self.path)
        return not os.access(str(self.path.parent), os.W_OK) and not (log.exists() and log.stat().st_size)

    def _prepare(self) -> bool:
        """Set the connection up, migrate, and return whether there is a full-text index."""
        if self.read_only:
            self._require_current()
            return has_search_index(self._connection)
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA synchronous = FULL")
        # On macOS fsync leaves data in the drive's cache; this asks for the barrier. Elsewhere it does nothing.
        self._connection.execute("PRAGMA fullfsync = ON")
        self._connection.execute("PRAGMA foreign_keys = ON")
        migrate(self._connection, self.path)
        indexed = ensure_search_index(self._connection)
        sync_folder(self.path.parent)
        return indexed

    def _require_current(self) -> None:
        try:
            check_current(self._connection, self.path)
        except LifeDamaged:
            raise
        except SOVLError as error:
            # All that a young life said, its tables among it, may stand in the log alone.
            if is_log_damaged(self.path):
                raise _damaged(self.path, LOG_DAMAGED) from error
            raise

    @contextlib.contextmanager
    def read(self) -> Iterator[sqlite3.Connection]:
        """Within this block all queries see one state of the journal."""
        with self._lock, _explained(self.path), self._transaction("BEGIN"):
            yield self._connection

    @contextlib.contextmanager
    def write(self) -> Iterator[sqlite3.Connection]:
        """A transaction: on the disk when the block has been left, undone when it raises.

        :raises SOVLError: when opened for reading only, when the disk is full, or when the file is not in its place.
        """
        self._require_writable()
        with self._lock, _explained(self.path), self._transaction("BEGIN IMMEDIATE"):
            before = self._connection.total_changes
            yield self._connection
            if self._connection.total_changes != before:
                number_transaction(self._connection)

    def _require_writable(self) -> None:
        if self.read_only:
            raise SOVLError(f"The journal {self.path} was opened for reading only")
        # SQLite goes on with the file that it has open: what it says is on the disk would be lost in silence.
        if _identity(self._place) != self._opened:
            gone = SOVLError(
                f"The journal {self.path} was moved, deleted or replaced while it was open; it takes nothing more",
                "Put it back; or close this session, and open the life where it is now: --life PATH",
            )
            absolve(gone)
            raise gone
        if self._log is not None and _identity(log_of(self._place)) != self._log:
            with self._lock, contextlib.suppress(sqlite3.Error):
                # The connection has the log still, nobody else: a kill would cost what stands there alone.
                self._connection.execute("PRAGMA wal_checkpoint(FULL)").fetchone()
            gone = SOVLError(
                f"{log_of(self.path)} was moved, deleted or replaced while the journal was open; it takes nothing more",
                "Close this session, and open the life again; what was said before is kept",
            )
            absolve(gone)
            raise gone

    @contextlib.contextmanager
    def _transaction(self, begin: str) -> Iterator[None]:
        try:
            self._connection.execute(begin)
            yield
            self._connection.execute("COMMIT")
        except BaseException:
            # A full disk makes SQLite roll back by itself; a second ROLLBACK would hide the first error.
            with contextlib.suppress(sqlite3.Error):
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
            raise

    def scrub(self) -> bool:
        """Write the file anew and empty the log beside it: what was deleted is in neither of them any more.

        :return: False when another connection reads just now, so that the log cannot be emptied.
        :raises SOVLError: as :meth:`write`.
        """
        self._require_writable()
        with self._lock, _explained(self.path):
            # Deleting leaves words in the unused parts of pages, some from long before; only a copy is free of them.
            self._connection.execute("VACUUM")
            busy: int = self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
            return not busy

    def check(self) -> List[str]:
        """Return what is wrong with the file, read as a whole (for ``sovl doctor``); empty when it is sound."""
        try:
            with self.read() as connection:
                rows = connection.execute("PRAGMA quick_check(20)").fetchall()
                problems = [str(row[0]) for row in rows if row[0] != "ok"]
                for row in connection.execute("PRAGMA foreign_key_check").fetchmany(20):
                    problems.append(f"table {row[0]}, row {row[1]}: names a row of {row[2]} that does not exist")
            with _explained(self.path):
                return problems or unsound_rows(self.path.absolute().as_uri())
        except LifeDamaged as damage:
            return [str(damage)]

    def close(self) -> None:
        """Close the file; a second call does nothing."""
        with self._lock:
            self._log = None  # goes with the last connection
            self._connection.close()


class JournalPart:
    """What each part of the journal works with.

    ``screen`` is called with words before they are written, and may change them.

    :param clock: gives seconds since the epoch.
    """

    def __init__(self, database: JournalDatabase, clock: Callable[[], float]) -> None:
        self._database = database
        self._clock = clock
        self.screen: Callable[[JournalEntry], None] = lambda entry: None

    def screened(self, text: str, part: str, source: str = "", conversation: str = "") -> str:
        """Return words as they may be written down; see :class:`sovl_core.events.JournalEntry`."""
        entry = JournalEntry(clean_text(text), part, source, conversation)
        self.screen(entry)
        return clean_text(entry.text)


def _identity(path: Path) -> Optional[Tuple[int, int]]:
    """Return which file a path leads to, None for none."""
    try:
        found = os.stat(str(path))
    except OSError:
        return None
    return found.st_dev, found.st_ino


@contextlib.contextmanager
def _explained(path: Path) -> Iterator[None]:
    """Raise what SQLite reports as an error that says what to do."""
    try:
        yield
    except sqlite3.Error as error:
        explained = _explain(error, path)
        if not isinstance(explained, BadInput):
            # A full disk or a broken file is not the fault of the plugin that happened to write or read.
            absolve(explained)
        raise explained from error
    except json.JSONDecodeError as error:
        raise _damaged(path, f"a row holds broken JSON: {error}") from error
    except OverflowError as error:  # SQLite's integers have 64 bits; Python's have no end
        raise BadInput(f"Number too large for the journal: {error}") from error


def _explain(error: sqlite3.Error, path: Path) -> SOVLError:
    text = str(error)
    lowered = text.lower()
    if any(word in lowered for word in _DAMAGE):
        return _damaged(path, text)
    if "foreign key" in lowered:
        return BadInput("The journal has no episode, question or night of that number")
    if isinstance(error, sqlite3.IntegrityError):
        return BadInput(f"The journal refuses this: {text}")
    if "locked" in lowered or "busy" in lowered:
        return LifeLocked(f"The journal {path} is being written by another process", "Close the other session first")
    if "full" in lowered or "i/o error" in lowered:
        return SOVLError(
            f"The journal {path} could not be written: {text}", "Free some disk space; everything said before is safe"
        )
    if "unable to open" in lowered or "readonly" in lowered:
        return SOVLError(f"The journal {path} cannot be opened: {text}", "Check that its folder exists and is yours")
    return SOVLError(f"The journal {path}: {text}")


def _damaged(path: Path, what: str) -> LifeDamaged:
    return LifeDamaged(
        f"The journal {path} is damaged: {what}",
        f"Keep a copy of {path.parent}; then `sovl doctor --repair` reads what can be read into a new journal",
    )
