"""The folder of a life: where everything in it stands, its creation, and the lock of the one process that writes it."""

from __future__ import annotations

import contextlib
import json
import os
import shlex
import socket
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Callable, Optional, Union

import platformdirs

from sovl_core.config_file import create_config
from sovl_core.durable import FILE_MODE, make_private, private_folder
from sovl_core.error_handling import BadInput, LifeDamaged, LifeLocked, SOVLError
from sovl_core.journal_log import has_log

if TYPE_CHECKING:
    from filelock import FileLock

_ANOTHER_FOLDER = "Give a folder you may write to: --life PATH"


@dataclass(frozen=True)
class Holder:
    """The process that writes a life; ``since`` is seconds since the epoch."""

    pid: int
    host: str
    since: float

    @property
    def alive(self) -> Optional[bool]:
        """Whether the process still runs; None when that cannot be told from here."""
        if self.host != socket.gethostname() or os.name == "nt":  # on Windows os.kill would end the process
            return None
        try:
            os.kill(self.pid, 0)
        except PermissionError:  # it runs, for somebody else
            return True
        except (OSError, OverflowError):
            return False
        return True

    def __str__(self) -> str:
        since = time.strftime("%Y-%m-%d %H:%M", time.localtime(self.since))
        return f"process {self.pid} on {self.host}, since {since}"


#: Name of the journal in a life's folder, and of a new one that is about to take its place.
JOURNAL_NAME, SALVAGED_NAME = "journal.db", "journal.salvaged.db"


class Life:
    """An open life: its paths and, unless it was opened for reading, the writer's lock.

    ``interrupted`` is the holder of a session that ended without closing the life (it was killed), else None.
    """

    def __init__(self, path: Path, read_only: bool = False) -> None:
        self.path = path
        self.read_only = read_only
        self.interrupted: Optional[Holder] = None
        self.config_path = path / "life.toml"
        self.journal_path = path / JOURNAL_NAME
        self.salvaged_path = path / SALVAGED_NAME
        self.nights_path = path / "nights"
        self.log_path = path / "sovl.log.jsonl"
        self.state_path = path / "state"
        self.history_path = path / "history"
        self.lock_path = path / "life.lock"
        # Beside the lock itself: some versions of filelock empty the locked file at every attempt to take it.
        self.holder_path = path / "life.holder.json"
        self._lock: Optional[FileLock] = None

    @staticmethod
    def default_path() -> Path:
        """Return where a life is kept when no folder is named: in the user's data folder of this system."""
        return Path(platformdirs.user_data_dir("sovl", appauthor=False)) / "life"

    @classmethod
    def open(
        cls,
        path: Union[str, Path, None] = None,
        read_only: bool = False,
        timeout: float = 0.0,
        clock: Callable[[], float] = time.time,
    ) -> Life:
        """Open a life; one that does not exist yet is begun, unless it is only to be read.

        :param path: its folder (``~`` is the home folder); None for the default one.
        :param read_only: take no lock and create nothing; any number of readers may do so.
        :param timeout: seconds to wait for a process that is just closing the life.
        :param clock: seconds since the epoch.
        :raises LifeLocked: when another process writes it; names the holder.
        :raises BadInput: when the path is no folder, or there is nothing to read.
        :raises SOVLError: when the folder cannot be written.
        """
        life = cls(_absolute(path) if path is not None else cls.default_path(), read_only)
        for place in (life.path, *life.path.parents):
            if place.exists() and not place.is_dir():
                raise BadInput(f"{place} is a file, a life is a folder", "Give another path: --life PATH")
        if read_only:
            if not life.path.is_dir():
                raise BadInput(
                    f"There is no life at {life.path}", f"Begin one there: sovl chat --life {quoted(life.path)}"
                )
            return life
        life._create_folder()
        life._take_lock(timeout, clock)
        try:
            create_config(life.config_path)
        except BaseException:
            life.close()
            raise
        return life

    @property
    def journal_is_lost(self) -> bool:
        """True when there is no journal, or one of no length, where there must have been one.

        Nights lie there then, or what was salvaged, or the log beside it with what was said last.
        """
        if self.journal_path.exists() and self.journal_path.stat().st_size:
            return False
        nights = self.nights_path.is_dir() and any(path.name.isdigit() for path in self.nights_path.iterdir())
        return nights or self.salvaged_path.exists() or has_log(self.journal_path)

    @property
    def journal_lost_message(self) -> str:
        """What is said then."""
        state = "empty" if self.journal_path.exists() else "missing"
        return f"The journal {self.journal_path} is {state}, though this life has lived"

    def require_journal(self) -> None:
        """Refuse a life whose journal is gone: a new one would give the numbers of its nights to others.

        :raises LifeDamaged: then.
        """
        if self.journal_is_lost:
            raise LifeDamaged(
                self.journal_lost_message,
                "Put it back from a copy of the life; or, to begin one that knows the nights: sovl doctor --repair",
            )

    def holder(self) -> Optional[Holder]:
        """Return who writes this life according to its own note, None when nobody does or the note is unreadable."""
        try:
            note = json.loads(self.holder_path.read_text(encoding="utf-8"))
            holder = Holder(int(note["pid"]), str(note["host"]), float(note["since"]))
            time.localtime(holder.since)  # raises for what is no moment: nobody could be told of it
            return holder
        except (OSError, ValueError, TypeError, KeyError, OverflowError):
            return None

    def writer(self) -> Optional[Holder]:
        """Return who writes this life now: its holder, unless that process is known to have been killed."""
        holder = self.holder()
        return None if holder is None or holder.alive is False else holder

    def close(self) -> None:
        """Give the lock back; closing twice does no harm."""
        if self._lock is None:
            return
        lock, self._lock = self._lock, None
        # The note goes first: between release and removal it could already be the next holder's.
        with contextlib.suppress(OSError):
            self.holder_path.unlink()
        lock.release()

    def __enter__(self) -> Life:
        return self

    def __exit__(self, *exception: Any) -> None:
        self.close()

    def _create_folder(self) -> None:
        try:
            private_folder(self.path)
            # A folder made for the purpose becomes private too; one that holds things keeps the rights it was given.
            if not any(self.path.iterdir()):
                make_private(self.path)
            self._close_to_others()
        except OSError as error:
            raise SOVLError(f"No life can be begun at {self.path}: {error.strerror}", _ANOTHER_FOLDER) from error

    def _close_to_others(self) -> None:
        """Take from others what rights an earlier version, or a copy, has given them to what was said here."""
        beside = [f"{JOURNAL_NAME}-wal", f"{JOURNAL_NAME}-shm", *(f"{self.log_path.name}.{n}" for n in range(1, 10))]
        kept = (
            self.journal_path,
            self.nights_path,
            self.state_path,
            self.log_path,
            self.history_path,
            self.config_path,
        )
        for path in (*kept, *(self.path / name for name in beside)):
            with contextlib.suppress(OSError):  # somebody else's file is theirs
                make_private(path)

    def _take_lock(self, timeout: float, clock: Callable[[], float]) -> None:
        # Not with the module: who only reads a life locks nothing, and is not to wait for the means.
        from filelock import FileLock, Timeout

        # Not bound to the thread: a session may be closed by another thread than opened it.
        lock = FileLock(str(self.lock_path), timeout=timeout, mode=FILE_MODE, thread_local=False)
        try:
            lock.acquire()
        except Timeout:
            raise self._locked() from None
        except (OSError, NotImplementedError) as error:
            reason = getattr(error, "strerror", None) or error
            raise SOVLError(f"The life at {self.path} cannot be locked: {reason}", _ANOTHER_FOLDER) from error
        self._lock = lock
        # The lock is free, so whoever is still noted as its holder did not get to closing the life.
        self.interrupted = self.holder()
        try:
            self._note_holder(Holder(os.getpid(), socket.gethostname(), clock()))
        except OSError as error:
            self.close()
            raise SOVLError(
                f"The life at {self.path} cannot be written: {error.strerror}",
                f"Free some space, or: {_ANOTHER_FOLDER}",
            ) from error

    def _note_holder(self, holder: Holder) -> None:
        descriptor = os.open(str(self.holder_path), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, FILE_MODE)
        with open(descriptor, "w", encoding="utf-8") as file:
            json.dump(asdict(holder), file)

    def _locked(self) -> LifeLocked:
        holder = self.holder()
        if holder is None:
            return LifeLocked(f"The life at {self.path} is being written by another process", "Try again when it ends")
        if holder.alive is False:
            # The lock outlives its holder where a child process inherited it.
            message = f"The life at {self.path} is locked by what {holder} started; that process itself has ended"
            return LifeLocked(message, "End its child processes, or wait for them")
        return LifeLocked(f"The life at {self.path} is being written by {holder}", "Close that session first")


def quoted(path: Path) -> str:
    """Return a path as it is typed in a shell."""
    return str(path) if os.name == "nt" else shlex.quote(str(path))


def _absolute(path: Union[str, Path]) -> Path:
    if "\x00" in str(path):
        raise BadInput(f"{str(path)!r} is no path", "Give another path: --life PATH")
    return Path(os.path.abspath(os.path.expanduser(str(path))))
