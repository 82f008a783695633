"""Files that survive a crash: written, flushed to the disk, and put in place in one step.

They and their folders are for the eyes of the user alone, whatever the umask says.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
from pathlib import Path
from typing import Optional

#: What others may do: nothing.
FOLDER_MODE = 0o700
FILE_MODE = 0o600
_CHUNK = 1 << 20
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_NOT_FOR_FOLDERS = (errno.EINVAL, errno.EBADF, errno.ENOTSUP)


def is_disk_full(error: Optional[BaseException]) -> bool:
    """Return True for an exception that says, or was caused by one that says, that the disk takes no more."""
    while error is not None:
        if isinstance(error, OSError) and error.errno in _FULL:
            return True
        # As SQLite and the Rust code of safetensors put it.
        if any(words in str(error).lower() for words in ("no space left on device", "disk is full")):
            return True
        error = error.__cause__
    return False


def write_file(path: Path, data: bytes) -> None:
    """Write ``data`` and return once it is on the disk.

    :raises OSError: when the disk is full or cannot be written.
    """
    with open(path, "wb", opener=private_opener) as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def replace_file(path: Path, data: bytes) -> None:
    """Replace a file so that a crash leaves either the old content or the new, never a mixture.

    :raises OSError: when it cannot be written; the old file is then as it was.
    """
    temporary = path.with_name(path.name + ".partial")
    try:
        write_file(temporary, data)
        os.replace(temporary, path)
    except BaseException:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise
    sync_folder(path.parent)


def sync_file(path: Path) -> None:
    """Flush a file that another library wrote to the disk, and make it the user's alone."""
    make_private(path)
    with open(path, "rb+") as file:
        os.fsync(file.fileno())


def private_opener(path: str, flags: int) -> int:
    """Open as ``open(..., opener=private_opener)`` does: a file that is not there yet is made for the user alone."""
    return os.open(path, flags, FILE_MODE)


def make_private(path: Path) -> None:
    """Take from others what rights they have to a file or folder; nothing happens where it is not there.

    :raises OSError: when it belongs to somebody else, and others may read it.
    """
    with contextlib.suppress(FileNotFoundError):
        mode = path.stat().st_mode
        if mode & 0o077:
            path.chmod(mode & FOLDER_MODE)


def private_folder(path: Path) -> None:
    """Make a folder, and those above it that are missing, for the user alone; one that is there keeps its rights.

    What is flushed in it later is not lost with its own name.

    :raises OSError: when it cannot be made.
    """
    for folder in [*reversed(path.parents), path]:
        if not folder.is_dir():
            folder.mkdir(mode=FOLDER_MODE, exist_ok=True)
            sync_entry(folder)


def sync_entry(path: Path) -> None:
    """Flush to the disk that a file or folder has its name; nothing happens in a folder that may not be read."""
    with contextlib.suppress(PermissionError):
        sync_folder(path.parent)


def sync_folder(path: Path) -> None:
    """Flush a folder's entries to the disk: without it a rename may be lost although the file's content is not."""
    if os.name == "nt":  # Windows cannot open a folder; NTFS journals its entries by itself
        return
    descriptor = os.open(str(path), os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        # Shared and network folders that cannot do it say so; SQLite and PostgreSQL go on there as well.
        if error.errno not in _NOT_FOR_FOLDERS:
            raise
    finally:
        os.close(descriptor)


def sha256(data: bytes) -> str:
    """Return the hexadecimal SHA-256 of ``data``."""
    return hashlib.sha256(data).hexdigest()


def file_sha256(path: Path) -> str:
    """Return the hexadecimal SHA-256 of a file, read in pieces."""
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        for chunk in iter(lambda: file.read(_CHUNK), b""):
            digest.update(chunk)
    return digest.hexdigest()
