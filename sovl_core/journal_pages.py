"""Rows read straight off the pages of a journal that SQLite cannot open: its header or its schema is damaged.

Every page of rows says so in its first byte and lists its rows; which table they are of is told by the kinds of their
values. What is read this way may be older than the latest, where SQLite has left a page unused: it is the last resort.

The layout is SQLite's own, https://www.sqlite.org/fileformat2.html: pages, cells, records.
"""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any, Container, Dict, Iterable, Iterator, List, Optional, Tuple

from sovl_core.journal_log import with_log

#: For each column the kinds of value it may hold: t text, r number, i whole number, n nothing. The first is the number
#: of the row, which stands elsewhere.
_SHAPES: Dict[str, Tuple[Tuple[str, str], ...]] = {
    "episodes": (
        ("id", "n"),
        ("conversation", "t"),
        ("prompt", "t"),
        ("reply", "t"),
        ("source", "t"),
        ("confidence", "rn"),
        ("weight", "r"),
        ("learnable", "i"),
        ("night", "in"),
        ("superseded_by", "in"),
        ("created", "r"),
        ("details", "t"),
    ),
    "feedback": (
        ("id", "n"),
        ("kind", "t"),
        ("value", "rn"),
        ("text", "t"),
        ("episode", "in"),
        ("question", "in"),
        ("source", "t"),
        ("created", "r"),
    ),
}
_LEAF = 0x0D
_FIRST_PAGE_HEADER = 100
#: Bytes of whole numbers by their kind in a record; 0 and 1 have kinds of their own.
_WHOLE = {1: 1, 2: 2, 3: 3, 4: 4, 5: 6, 6: 8}
_USUAL_SIZE = 4096


def rows_on_pages(path: Path, only: Optional[Container[int]] = None) -> Iterator[Tuple[str, Dict[str, Any]]]:
    """Return what can be told to be an episode or feedback, as ``(table, row)``; text is bytes.

    :param path: the damaged file; the log beside it is read too.
    :param only: numbers of the pages whose rows are wanted; None for all.
    """
    pages = _Pages(path)
    for number in pages.numbers():
        if only is not None and number not in only:
            continue
        for rowid, payload in pages.cells(number):
            values = _values(payload)
            table = None if values is None else _table_of(values)
            if table is not None and values is not None:
                row = {name: value for (name, _), value in zip(_SHAPES[table], values)}
                yield table, {**row, "id": rowid}


class _Pages:
    """The pages of a file as of the last transaction in the log beside it."""

    def __init__(self, path: Path) -> None:
        self._content = with_log(path)
        self.size = _page_size(self._content)

    def numbers(self) -> Iterable[int]:
        return range(1, len(self._content) // self.size + 1)

    def page(self, number: int) -> bytes:
        return self._content[(number - 1) * self.size : number * self.size]

    def cells(self, number: int) -> Iterator[Tuple[int, bytes]]:
        """Return number and payload of each row on a page of rows; nothing for any other page."""
        page = self.page(number)
        start = _FIRST_PAGE_HEADER if number == 1 else 0
        if len(page) < self.size or page[start] != _LEAF:
            return
        (count,) = struct.unpack_from(">H", page, start + 3)
        for cell in range(min(count, (self.size - start - 8) // 2)):
            (at,) = struct.unpack_from(">H", page, start + 8 + 2 * cell)
            try:
                length, at = _varint(page, at)
                rowid, at = _varint(page, at)
                yield rowid, self._payload(page, at, length)
            except (IndexError, struct.error, ValueError):
                continue

    def _payload(self, page: bytes, at: int, length: int) -> bytes:
        local = _local(length, self.size)
        payload = page[at : at + local]
        if local == length:
            return payload
        (more,) = struct.unpack_from(">I", page, at + local)
        seen = set()
        while more and len(payload) < length and more not in seen:
            seen.add(more)
            further = self.page(more)
            payload += further[4 : self.size]
            (more,) = struct.unpack_from(">I", further, 0)
        if len(payload) < length:
            raise ValueError("a part of it is lost")
        return payload[:length]


def _page_size(content: bytes) -> int:
    size = int.from_bytes(content[16:18], "big")
    size = 65536 if size == 1 else size
    return size if 512 <= size <= 65536 and size & (size - 1) == 0 else _USUAL_SIZE


def _local(length: int, size: int) -> int:
    """Return how many bytes of a payload stand on the page of rows itself."""
    most = size - 35
    if length <= most:
        return length
    least = (size - 12) * 32 // 255 - 23
    wanted = least + (length - least) % (size - 4)
    return wanted if wanted <= most else least


def _varint(data: bytes, at: int) -> Tuple[int, int]:
    """Return a number of one to nine bytes and where it ends."""
    value = 0
    for position in range(8):
        byte = data[at + position]
        value = value << 7 | byte & 0x7F
        if byte < 0x80:
            return value, at + position + 1
    return value << 8 | data[at + 8], at + 9


def _values(payload: bytes) -> Optional[List[Any]]:
    """Return the values of a record, text as bytes; None when it is none."""
    try:
        end, at = _varint(payload, 0)
        kinds = []
        while at < end:
            kind, at = _varint(payload, at)
            kinds.append(kind)
        values = []
        for kind in kinds:
            length = _length(kind)
            piece = payload[at : at + length]
            if len(piece) < length:
                return None
            values.append(_value(kind, piece))
            at += length
    except (IndexError, struct.error, ValueError):
        return None
    return values


def _length(kind: int) -> int:
    if kind >= 12:
        return (kind - 12) // 2
    if kind in (10, 11):
        raise ValueError("no such kind of value")
    return 8 if kind == 7 else _WHOLE.get(kind, 0)


def _value(kind: int, piece: bytes) -> Any:
    if kind == 0:
        return None
    if kind == 7:
        return struct.unpack(">d", piece)[0]
    if kind in (8, 9):
        return kind - 8
    return piece if kind >= 12 else int.from_bytes(piece, "big", signed=True)


def _table_of(values: List[Any]) -> Optional[str]:
    for table, shape in _SHAPES.items():
        if len(values) == len(shape) and all(_fits(value, kinds) for value, (_, kinds) in zip(values, shape)):
            return table
    return None


def _kind(value: Any) -> str:
    if value is None:
        return "n"
    if isinstance(value, bytes):
        return "t"
    return "i" if isinstance(value, int) else "r"


def _fits(value: Any, kinds: str) -> bool:
    # A number without a fraction is stored as a whole one.
    return _kind(value) in kinds or (_kind(value) == "i" and "r" in kinds)
