"""The store's own cache: model folders built aside, sealed and renamed into place, once among all processes."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
from pathlib import Path
from typing import Any, Callable, Dict, Iterator, Tuple

from sovl_core.durable import sync_folder
from sovl_core.model_folder import SourceFailed, is_whole, missing_parts, read_source, seal

#: Room left on the disk beside what is written.
_SPARE_BYTES = 50_000_000


class ModelCache:
    """One folder of converted models.

    :param folder: made when the first model is built.
    :param tell: told what is waited for.
    """

    def __init__(self, folder: Path, tell: Callable[[str], None]) -> None:
        self.folder = folder
        self._tell = tell

    def get(self, name: str) -> Path:
        """Return the folder of a model.

        :param name: a hub id or any other name.
        :raises SourceFailed: when there is none, or it is damaged.
        """
        folder = self.folder / _folder_name(name)
        if not folder.exists():
            raise SourceFailed("not there")
        if not is_whole(folder):
            raise SourceFailed(f"{folder.name} is damaged and will be replaced")
        return folder

    def build(self, name: str, source: Dict[str, Any], needed: int, make: Callable[[Path], None]) -> Path:
        """Return the folder of a model, making it when it is not there or damaged.

        :param source: JSON-able; kept beside the model.
        :param needed: bytes that ``make`` will write at least.
        :param make: writes the model into the folder it is given; whatever it leaves is swept away if it fails.
        :raises SourceFailed: when the disk is too full, or from ``make``.
        :raises OSError: when the cache cannot be written.
        """
        name = _folder_name(name)
        target, work = self.folder / name, self.folder / f".partial-{name}"
        if is_whole(target):
            return target
        self.folder.mkdir(parents=True, exist_ok=True)
        with self._lock(name):
            if is_whole(target):
                return target
            # Only the holder of the lock makes this folder: what lies there was left by a killed process.
            shutil.rmtree(str(work), ignore_errors=True)
            require_space(self.folder, needed)
            work.mkdir()
            try:
                make(work)
                missing = missing_parts(work)
                if missing:
                    raise SourceFailed(f"what was made lacks {', '.join(missing)}")
                seal(work, source)
                shutil.rmtree(str(target), ignore_errors=True)
                os.replace(work, target)
                sync_folder(self.folder)
            finally:
                shutil.rmtree(str(work), ignore_errors=True)
        return target

    def models(self) -> Iterator[Tuple[Path, Dict[str, Any]]]:
        """Yield each whole model that the installed transformers reads: its folder and its source."""
        if not self.folder.is_dir():
            return
        for folder in sorted(self.folder.iterdir()):
            if folder.name.startswith(".") or not folder.name.endswith(_version_mark()):
                continue
            source = read_source(folder)
            if source is not None and is_whole(folder):
                yield folder, source

    @contextlib.contextmanager
    def _lock(self, name: str) -> Iterator[None]:
        from filelock import FileLock, Timeout

        lock = FileLock(str(self.folder / f".{name}.lock"))
        try:
            lock.acquire(timeout=0)
        except Timeout:
            self._tell("waiting for another process that is fetching the same model")
            lock.acquire()
        try:
            yield
        finally:
            lock.release()


def free_bytes(folder: Path) -> int:
    """Return the free bytes on the disk a folder is on, or will be."""
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    return shutil.disk_usage(str(folder)).free


def require_space(folder: Path, needed: int) -> None:
    """Refuse to begin what cannot be finished.

    :raises SourceFailed: when fewer than ``needed`` bytes and some to spare are free.
    """
    free, wanted = free_bytes(folder), needed + _SPARE_BYTES
    if free < wanted:
        raise SourceFailed(
            f"the disk is too full: {wanted / 1e6:.0f} MB are needed at {folder}, {free / 1e6:.0f} MB are free"
        )


def _folder_name(name: str) -> str:
    return re.sub(r"[^\w.-]", "-", name.replace("/", "--")) + _version_mark()


def _version_mark() -> str:
    # What one major version of transformers writes (rope parameters, tokenizer classes), another misreads silently.
    # Read from metadata, for importing transformers takes a second.
    from importlib import metadata

    return f"-tf{metadata.version('transformers').split('.')[0]}"
