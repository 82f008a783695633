"""Keys for what has none of its own: a line of a file is known again by file name, text, and how often it was there."""

from __future__ import annotations

import hashlib
from typing import Dict

#: Hexadecimal digits of a key: 128 bits, so that two different lines never share one.
DIGITS = 32


class Keys:
    """Gives each text of a file its key; equal texts of one file get different ones.

    A file that has grown gives its old lines the keys they had, wherever it was moved to.

    :param name: the file's name without its folder; "" (standard input) gives no keys, so that all is taken in anew.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._seen: Dict[bytes, int] = {}

    def key(self, *parts: str) -> str:
        """Return the key of what these texts say together, "" without a file's name."""
        if not self._name:
            return ""
        digest = hashlib.sha256()
        for part in (self._name, *parts):
            data = part.encode("utf-8", "surrogatepass")
            # With its length before it: "ab", "c" is something else than "a", "bc".
            digest.update(b"%d:" % len(data) + data)
        text = digest.digest()[: DIGITS // 2]
        times = self._seen[text] = self._seen.get(text, 0) + 1
        digest.update(b"%d" % times)
        return f"text:{digest.hexdigest()[:DIGITS]}"
