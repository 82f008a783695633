"""Where damaged parts of a life are put: moved, never deleted, each with a note of what was wrong with it."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Callable, Optional

from sovl_core.durable import private_folder, sync_entry, sync_folder, write_file

#: Folder within a life.
QUARANTINE = "quarantine"
NOTE = "why.txt"


class Quarantine:
    """One folder for what is moved aside at one time, made when the first thing is.

    :param life: the life's folder.
    :param clock: seconds since the epoch.
    """

    def __init__(self, life: Path, clock: Callable[[], float] = time.time) -> None:
        self._life = life
        self._clock = clock
        self._folder: Optional[Path] = None

    def take(self, path: Path, why: str) -> Path:
        """Move a file or folder of the life here, and return where it is now.

        The note is written first: what is here always says why.

        :raises OSError: when it cannot be moved.
        """
        folder = self._made()
        target = _free(folder / path.relative_to(self._life))
        private_folder(target.parent)
        self._note(f"{target.relative_to(folder)}: {why}")
        os.rename(str(path), str(target))
        sync_folder(target.parent)
        sync_folder(path.parent)
        return target

    def _made(self) -> Path:
        if self._folder is None:
            stamp = time.strftime("%Y-%m-%d-%H%M%S", time.localtime(self._clock()))
            self._folder = _free(self._life / QUARANTINE / stamp)
            private_folder(self._folder)
        return self._folder

    def _note(self, line: str) -> None:
        note = self._made() / NOTE
        before = note.read_bytes() if note.exists() else b""
        write_file(note, before + line.encode("utf-8", "replace") + b"\n")
        sync_entry(note)


def _free(path: Path) -> Path:
    """Return this path, or the next one like it that does not exist."""
    found, number = path, 1
    while found.exists():
        number += 1
        found = path.with_name(f"{path.name}-{number}")
    return found
