"""SHA-256 of large files, remembered by path, size and time of change so that a start need not read gigabytes again."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path
from typing import Any, Dict

from sovl_core.durable import file_sha256, replace_file


class DigestMemory:
    """Remembers digests in one JSON file; losing it costs time and nothing else.

    :param path: the JSON file; its folder must exist before the first digest is asked for.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def sha256(self, file: Path) -> str:
        """Return the hexadecimal SHA-256 of a file, computed only when its size or time of change is new.

        :raises OSError: when the file cannot be read.
        """
        status = file.stat()
        key, stamp = str(file.resolve()), [status.st_size, status.st_mtime_ns]
        known = self._read()
        entry = known.get(key)
        if isinstance(entry, list) and len(entry) == 3 and entry[:2] == stamp and isinstance(entry[2], str):
            return str(entry[2])
        digest = file_sha256(file)
        known[key] = [*stamp, digest]
        # A folder that cannot be written only means computing it again next time.
        with contextlib.suppress(OSError):
            replace_file(self._path, json.dumps(known, indent=2).encode())
        return digest

    def _read(self) -> Dict[str, Any]:
        try:
            known = json.loads(self._path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return known if isinstance(known, dict) else {}
