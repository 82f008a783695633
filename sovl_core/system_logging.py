"""Diagnostics of a life: one JSON object a line, rotated, written from any thread."""

from __future__ import annotations

import json
import os
import threading
import time
from collections import deque
from pathlib import Path
from typing import Any, Callable, Deque, Dict, List, Optional

from sovl_core.masking import masked, masked_values

#: Entries kept in memory when there is no file, or while the file cannot be written.
MEMORY_ENTRIES = 10_000


class ThreadSafeLogger:
    """Writes entries as JSON lines; ``sovl.log.jsonl`` becomes ``sovl.log.jsonl.1`` and so on when it is full.

    Writing never raises: a log that cannot be written (full disk, missing rights) must not cost the user a turn. Such
    entries stay in memory, are written as soon as that is possible again, and :attr:`problem` says why.

    :param path: the file, created with mode 0600 at the first entry; None keeps entries in memory.
    :param max_bytes: size above which the file is rotated; 0 never rotates.
    :param backups: how many rotated files are kept.
    :param clock: seconds since the epoch.
    """

    def __init__(
        self,
        path: Optional[Path] = None,
        max_bytes: int = 5_000_000,
        backups: int = 3,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.path = None if path is None else Path(path)
        self.problem: Optional[str] = None
        self._max_bytes = max_bytes
        self._backups = backups
        self._clock = clock
        self._lock = threading.Lock()
        self._memory: Deque[bytes] = deque(maxlen=MEMORY_ENTRIES)
        self._whole_lines = False

    def write(self, entry: Dict[str, Any]) -> None:
        """Append one entry; ``time`` is added where it is missing.

        :param entry: JSON-able values; anything else is written as text.
        """
        stamped: Dict[str, Any] = {"time": round(self._clock(), 3)}
        stamped.update(entry)
        line = _to_line(stamped)
        with self._lock:
            if self.path is None:
                self._memory.append(line)
                return
            try:
                size = self._append(self.path, b"".join(self._memory) + line)
                self._memory.clear()
                self.problem = None
            except OSError as error:
                self.problem = f"{self.path}: {error.strerror or error}"
                self._memory.append(line)
                return
            if self._max_bytes and size > self._max_bytes:
                self._rotate(self.path)

    def read(self, limit: Optional[int] = None) -> List[Dict[str, Any]]:
        """Return the newest entries, oldest first, across rotated files; damaged lines are left out.

        :param limit: how many at most; None for all.
        """
        with self._lock:
            newest_first = _parse_backwards(list(self._memory), limit)
            for file in self._files():
                if limit is not None and len(newest_first) >= limit:
                    break
                room = None if limit is None else limit - len(newest_first)
                newest_first.extend(_parse_backwards(_lines(file), room))
        return newest_first[::-1]

    def clear(self) -> None:
        """Forget all entries, rotated ones too; a file that cannot be removed is named in :attr:`problem`."""
        with self._lock:
            self._memory.clear()
            self._whole_lines = False
            for file in self._files():
                try:
                    file.unlink()
                except FileNotFoundError:
                    continue
                except OSError as error:
                    self.problem = f"{file}: {error.strerror or error}"

    def _append(self, path: Path, line: bytes) -> int:
        # Windows would turn LF into CRLF without O_BINARY, which other systems do not have.
        flags = os.O_RDWR | os.O_APPEND | os.O_CREAT | getattr(os, "O_BINARY", 0)
        descriptor = os.open(str(path), flags, 0o600)
        try:
            size = os.fstat(descriptor).st_size
            if not self._whole_lines and size:
                # A process killed in the middle of a write leaves half a line; it must cost that line only.
                os.lseek(descriptor, -1, os.SEEK_END)
                line = line if os.read(descriptor, 1) == b"\n" else b"\n" + line
            self._whole_lines = os.write(descriptor, line) == len(line)
            if not self._whole_lines:
                os.ftruncate(descriptor, size)
                raise OSError("only part of the entry could be written; is the disk full?")
        finally:
            os.close(descriptor)
        return size + len(line)

    def _rotate(self, path: Path) -> None:
        try:
            if self._backups < 1:
                path.unlink()
            for number in range(self._backups, 0, -1):
                source = path if number == 1 else _numbered(path, number - 1)
                if source.exists():
                    os.replace(str(source), str(_numbered(path, number)))
        except OSError as error:  # the entry itself is written; only the file grows beyond its size
            self.problem = f"{path} cannot be rotated: {error.strerror or error}"

    def _files(self) -> List[Path]:
        if self.path is None:
            return []
        return [self.path] + [_numbered(self.path, number) for number in range(1, self._backups + 1)]


def log_info(logger: Optional[ThreadSafeLogger], event: str, **fields: Any) -> None:
    """Write an entry of level ``info``.

    :param logger: where to write; None writes nothing.
    :param event: short name of what happened, in snake_case.
    :param fields: further JSON-able values.
    """
    if logger is not None:
        logger.write({"level": "info", "event": event, **fields})


def log_error(logger: Optional[ThreadSafeLogger], event: str, **fields: Any) -> None:
    """Write an entry of level ``error``; for an exception use ``sovl_core.error_handling.log_error``.

    :param logger: where to write; None writes nothing.
    :param event: short name of what failed, in snake_case.
    :param fields: further JSON-able values.
    """
    if logger is not None:
        logger.write({"level": "error", "event": event, **fields})


def _numbered(path: Path, number: int) -> Path:
    return path.with_name(f"{path.name}.{number}")


def _to_line(entry: Dict[str, Any]) -> bytes:
    try:
        text = json.dumps(masked_values(entry), ensure_ascii=False, allow_nan=False, default=_masked_text)
    except Exception:  # NaN, a tuple as key, a circular reference, a __str__ that raises: log it all the same
        text = json.dumps({_text(key): _plain(key, value) for key, value in entry.items()}, ensure_ascii=False)
    # A lone surrogate has no UTF-8; backslashreplace writes it as the JSON escape it would have been.
    return text.encode("utf-8", "backslashreplace") + b"\n"


def _masked_text(value: Any) -> str:
    return masked(str(value))


def _plain(key: Any, value: Any) -> Any:
    try:
        json.dumps(value, allow_nan=False)
    except Exception:
        return masked(_text(value))
    return masked_values(value, _text(key))


def _text(value: Any) -> str:
    try:
        return value if isinstance(value, str) else repr(value)
    except Exception:
        return f"<{type(value).__name__} without a text form>"


def _lines(path: Path) -> List[bytes]:
    try:
        return path.read_bytes().split(b"\n")
    except OSError:
        return []


def _parse_backwards(lines: List[bytes], limit: Optional[int]) -> List[Dict[str, Any]]:
    entries: List[Dict[str, Any]] = []
    for line in reversed(lines):
        if limit is not None and len(entries) >= limit:
            break
        try:
            entry = json.loads(line.decode("utf-8"))
        except ValueError:
            continue
        if isinstance(entry, dict):
            entries.append(entry)
    return entries
