"""The elements of a JSON list in a file, one at a time: an export of gigabytes needs the memory of its largest element.

What is broken is passed over: reading goes on at the next place where an element plausibly begins.
"""

from __future__ import annotations

import codecs
import json
import re
from typing import IO, Any, Iterator, Tuple

CHUNK = 1 << 20
_AFTER = (" ", "\t", "\n", "\r", ",", "]")
_SPACE = re.compile(r"[ \t\n\r]*")
#: Where, after something broken, the next element of a list of objects may begin.
_NEXT = re.compile(r'[}\]"]\s*,\s*(?=\{\s*")')


def json_elements(stream: IO[bytes], chunk: int = CHUNK) -> Iterator[Tuple[Any, str]]:
    """Yield (element, "") for each element of a list, or (None, what is wrong) for each part that is broken.

    A file that holds one object instead of a list is a list of one. Bytes that are no UTF-8 become U+FFFD: they cost
    their own place, not the rest of the file.

    :param chunk: bytes read at once.
    """
    return _Reader(stream, chunk).elements()


class _Reader:
    """A JSON file, read as far as is needed."""

    def __init__(self, stream: IO[bytes], chunk: int) -> None:
        self._stream = stream
        self._chunk = chunk
        self._bytes = codecs.getincrementaldecoder("utf-8-sig")("replace")
        self._decoder = json.JSONDecoder()
        self._text = ""
        self._at = 0
        self._ended = False

    def elements(self) -> Iterator[Tuple[Any, str]]:
        """Yield as :func:`json_elements` does."""
        listed = self._peek() == "["
        self._at += listed
        problem = ""
        while self._peek() not in ("", "]"):
            problem = ""
            try:
                yield self._element(), ""
            except (ValueError, RecursionError) as error:
                problem = "nested too deeply" if isinstance(error, RecursionError) else f"not JSON ({_reason(error)})"
            if problem:
                yield None, problem
                self._skip_broken()
            elif self._peek() == ",":
                self._at += 1
        if listed and not problem and self._peek() == "":
            yield None, "the file ends here, before its list does"

    def _element(self) -> Any:
        """Return the element that begins here, reading on until it is whole.

        :raises ValueError: when it is broken, or the file ends within it.
        """
        while True:
            try:
                value, end = self._decoder.raw_decode(self._text, self._at)
            except json.JSONDecodeError:
                if self._ended:
                    raise
            else:
                # A number that is cut by the end of a chunk goes on in the next.
                if self._ended or self._text[end : end + 1] in _AFTER:
                    self._at = end
                    return value
            self._read()

    def _skip_broken(self) -> None:
        """Go to where the next element may begin, or to the end."""
        while not self._ended:
            self._read()
        found = _NEXT.search(self._text, self._at + 1)
        self._at = len(self._text) if found is None else found.end()

    def _peek(self) -> str:
        while True:
            self._at = _SPACE.match(self._text, self._at).end()  # type: ignore[union-attr]
            if self._at < len(self._text):
                return self._text[self._at]
            if self._ended:
                return ""
            self._read()

    def _read(self) -> None:
        """Read on; as much again as is held, so that a large element is tried a few times only."""
        raw = self._stream.read(max(self._chunk, len(self._text) - self._at))
        self._ended = not raw
        self._text = self._text[self._at :] + self._bytes.decode(raw, final=self._ended)
        self._at = 0


def _reason(error: Exception) -> str:
    return getattr(error, "msg", None) or str(error)
