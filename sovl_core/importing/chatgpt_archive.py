"""The zip archive that ChatGPT's export comes in: read as it is, its conversations in one file or in numbered ones."""

from __future__ import annotations

import contextlib
import re
import zipfile
import zlib
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import IO, Iterator, List, Optional

from sovl_core.error_handling import DataError
from sovl_core.importing.chatgpt_export import read_chatgpt_export
from sovl_core.importing.found import Found, Unusable
from sovl_core.importing.keys import Keys

_CONVERSATIONS = re.compile(r"conversations(-\d+)?\.json")
#: What reading one file of an archive may fail with: damage, a password, a compression that this Python lacks.
_BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, ValueError)


class Archive:
    """The conversations in an opened export.

    :param archive: holds ``files``, which are read one after another.
    """

    def __init__(self, archive: zipfile.ZipFile, files: List[zipfile.ZipInfo]) -> None:
        self._archive = archive
        self._files = files
        self._size = max(1, sum(file.file_size for file in files))
        self._read = 0
        self._stream: Optional[IO[bytes]] = None

    def found(self) -> Iterator[Found]:
        """Yield what was said in each conversation, file by file; of a damaged one what stands before the damage."""
        for file in self._files:
            name = PurePosixPath(file.filename).name
            try:
                with self._archive.open(file) as self._stream:
                    # As when the file had been unpacked first, so that nothing is taken in twice.
                    for found in read_chatgpt_export(self._stream, Keys(name)):
                        yield replace(found, place=f"{name}, {found.place}") if isinstance(found, Unusable) else found
            except _BROKEN as error:
                yield Unusable(name, f"it cannot be unpacked ({error})")
            finally:
                self._stream = None
            self._read += file.file_size

    def share(self) -> float:
        """Return how much has been read, 0 to 1."""
        return (self._read + (self._stream.tell() if self._stream is not None else 0)) / self._size


@contextlib.contextmanager
def opened_chatgpt_archive(path: Path) -> Iterator[Archive]:
    """Open an export for the length of this block.

    :raises DataError: when it is damaged, or is no export of ChatGPT.
    """
    try:
        archive = zipfile.ZipFile(path)
    except _BROKEN as error:
        raise DataError(f"{path} is a zip archive that cannot be read: {error}", "Fetch it again") from error
    with archive:
        files = _conversations(archive)
        if not files:
            hint = "Of archives only ChatGPT's export can be told; unpack another and tell what is in it"
            raise DataError(f"{path} is a zip archive without a conversations.json", hint)
        yield Archive(archive, files)


def _conversations(archive: zipfile.ZipFile) -> List[zipfile.ZipInfo]:
    """Return the files that hold conversations, in the order of their names."""
    # macOS packs a file of its own beside each, named alike but for "._" before it.
    found = [file for file in archive.infolist() if _CONVERSATIONS.fullmatch(PurePosixPath(file.filename).name)]
    return sorted(found, key=lambda file: file.filename)
