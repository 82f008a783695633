"""The steps that this process takes on the disk: counted, and stopped at one of them.

A step is a file opened for writing, a rename, a removal, a folder made, an fsync, or a statement of SQLite that writes.
Counted steps are few, so that a kill before each of them is likely in a few hundred rounds; kills at random moments hit
what lies between.
"""

from __future__ import annotations

import os
import sqlite3
import sys
from typing import Any, Callable, Tuple

#: How steps begin in words, and what stands between the two paths of a rename.
OPEN, SYNC, MAKE, RENAME, SEPARATOR = "open ", "fsync ", "os.mkdir ", "rename ", " to "

_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC
_PATH_EVENTS = {"os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.truncate"}
_STATEMENTS = (
    *("BEGIN IMMEDIATE", "COMMIT", "INSERT", "UPDATE", "DELETE", "VACUUM", "CREATE", "ALTER", "DROP"),
    *("PRAGMA wal_checkpoint", "PRAGMA user_version ="),
)


class DiskSteps:
    """Calls ``each`` before every step within a folder, with the step's number from 1 and what it is.

    It cannot be taken off again: for processes that end soon.

    :param folder: what happens elsewhere does not count.
    """

    def __init__(self, folder: str, each: Callable[[int, str], None]) -> None:
        self._folder = os.path.abspath(folder)
        self._each = each
        self._inside = False
        self.taken = 0

    def install(self) -> None:
        """Begin to count."""
        sys.addaudithook(self._audit)
        fsync, connect = os.fsync, sqlite3.connect

        def watched_fsync(descriptor: Any) -> None:
            self._step(f"{SYNC}{path_of(descriptor)}")
            fsync(descriptor)

        def watched_connect(*arguments: Any, **keywords: Any) -> sqlite3.Connection:
            connection = connect(*arguments, **keywords)
            connection.set_trace_callback(self._statement)
            return connection

        os.fsync = watched_fsync
        sqlite3.connect = watched_connect  # type: ignore[assignment]

    def _statement(self, sql: str) -> None:
        if sql.startswith(_STATEMENTS):
            self._step(f"sqlite {sql[:40]}")

    def _audit(self, event: str, arguments: Tuple[Any, ...]) -> None:
        if self._inside or not (event == "open" or event in _PATH_EVENTS):
            return
        if event == "open" and not (isinstance(arguments[2], int) and arguments[2] & _WRITING):
            return
        self._inside = True
        try:
            arguments = _from_the_root(event, arguments)
            within = self._within(arguments[0])
        finally:
            self._inside = False
        if within:
            self._step(_in_words(event, arguments))

    def _within(self, path: Any) -> bool:
        if not isinstance(path, (str, bytes, os.PathLike)):
            return False
        return os.path.abspath(os.fsdecode(path)).startswith(self._folder)

    def _step(self, what: str) -> None:
        self.taken += 1
        self._each(self.taken, what)


def _from_the_root(event: str, arguments: Tuple[Any, ...]) -> Tuple[Any, ...]:
    """Return the arguments with the path of what is removed in a folder that is open, as ``shutil.rmtree`` does it."""
    if event not in ("os.remove", "os.rmdir") or len(arguments) < 2 or arguments[1] in (-1, None):
        return arguments
    return (os.path.join(path_of(arguments[1]), os.fsdecode(arguments[0])), *arguments[1:])


def _in_words(event: str, arguments: Tuple[Any, ...]) -> str:
    path = os.path.abspath(os.fsdecode(arguments[0]))
    if event == "os.rename":
        return f"{RENAME}{path}{SEPARATOR}{os.path.abspath(os.fsdecode(arguments[1]))}"
    return f"{event} {path}"


def path_of(descriptor: Any) -> str:
    """Return the path behind a descriptor, as far as the system tells."""
    number = descriptor if isinstance(descriptor, int) else descriptor.fileno()
    try:
        return os.readlink(f"/proc/self/fd/{number}")
    except OSError:
        return f"descriptor {number}"
