"""The log that SQLite keeps beside a journal: whether some of it would be passed over in silence, and what it says.

What was said last stands there until it is brought into the file. After a kill SQLite reads the log as far as its
checksums fit and lets go of the rest, since a power cut leaves the last transaction in pieces. A byte that changed on
the disk looks the same to it, and would cost every transaction behind. So the two are told apart before it looks.

The layout is SQLite's own, https://www.sqlite.org/fileformat2.html#the_write_ahead_log: a header, then frames, each a
page with a checksum that goes on from the one before.
"""

from __future__ import annotations

import struct
import sys
from pathlib import Path
from typing import List, NamedTuple, Set, Tuple

_HEADER, _FRAME_HEADER = 32, 24
_MAGIC = 0x377F0682
_USUAL_SIZE = 4096
#: A log grows beyond this in one great transaction alone (the file written anew), and reading it would take seconds.
LONGEST = 64 << 20
#: Transactions in one chain behind a broken frame. One may be what is left of an attempt that failed, or of the last
#: transaction before a power cut; two follow one another only where the first was on the disk.
_ENOUGH = 2
_MODES, _FIRST_WORDS = slice(18, 20), b"SQLite format 3\x00"

Checksum = Tuple[int, int]


class _Frame(NamedTuple):
    """``ends`` is the number of pages of the whole file in the last frame of a transaction, else 0."""

    number: int
    ends: int
    salts: bytes
    stored: Checksum
    page: bytes
    sound: bool


def log_of(journal: Path) -> Path:
    """Return where the log of a journal is, or would be."""
    return journal.with_name(journal.name + "-wal")


def has_log(journal: Path) -> bool:
    """Return whether there is a log with something in it."""
    log = log_of(journal)
    return log.exists() and log.stat().st_size > _HEADER


def is_log_damaged(journal: Path) -> bool:
    """Return True where SQLite would pass over transactions that had been on the disk.

    Damage to the last transaction, or a log that was cut, cannot be told from a power cut. Reads the log, for 0.2 s or
    so where it is of its usual length; there is none after a session that was closed.
    """
    if not has_log(journal) or log_of(journal).stat().st_size > LONGEST:
        return False
    content = log_of(journal).read_bytes()
    # Somebody may be writing it just now: what is damaged stays as it is.
    return _passed_over(content) and log_of(journal).read_bytes() == content


def count_transactions(log: bytes) -> int:
    """Return how many transactions there are in a log since it was last begun anew, or a few more."""
    step = _FRAME_HEADER + _page_size(log)
    frames = (log[at : at + _FRAME_HEADER] for at in range(_HEADER, len(log) - step + 1, step))
    return sum(frame[8:16] == log[16:24] and frame[4:8] != b"\x00" * 4 for frame in frames)


def pages_in_log(journal: Path) -> Set[int]:
    """Return the numbers of the pages that :func:`with_log` takes from the log."""
    frames = _frames(log_of(journal).read_bytes())
    last = max((index for index, frame in enumerate(frames) if frame.sound and frame.ends), default=-1)
    return {frame.number for frame in frames[: last + 1]}


def with_log(journal: Path) -> bytes:
    """Return the content that a journal's file would have with all of its log brought into it, that of broken frames
    included; a file that is not there, or has no length, is made of the log alone.
    """
    content = bytearray(journal.read_bytes() if journal.exists() else b"")
    if not has_log(journal):
        return bytes(content)
    log = log_of(journal).read_bytes()
    frames, size = _frames(log), _page_size(log)
    last = max((index for index, frame in enumerate(frames) if frame.sound and frame.ends), default=None)
    if last is None:
        return bytes(content)
    pages = frames[last].ends
    content = content[: pages * size].ljust(pages * size, b"\x00")
    for frame in frames[: last + 1]:
        if 1 <= frame.number <= pages:
            content[(frame.number - 1) * size : frame.number * size] = frame.page
    if content.startswith(_FIRST_WORDS):
        content[_MODES] = b"\x01\x01"  # a file that has no log
    return bytes(content)


def _passed_over(log: bytes) -> bool:
    broken, chained = not _header(log)[0], 0
    for frame in _frames(log):
        chained = (chained if frame.sound else 0) + bool(frame.ends)
        broken = broken or not frame.sound
        if broken and chained >= _ENOUGH:
            return True
    return False


def _frames(log: bytes) -> List[_Frame]:
    """Return the frames since the log was last begun anew; what follows them is left from before."""
    whole, computed = _header(log)
    order, size = _order(log), _page_size(log)
    before: Set[Checksum] = {_numbers(">", log[24:32]), computed}
    salts = log[16:24] if whole else log[_HEADER + 8 : _HEADER + 16]
    found: List[_Frame] = []
    for at in range(_HEADER, len(log) - _FRAME_HEADER - size + 1, _FRAME_HEADER + size):
        number, ends = struct.unpack_from(">II", log, at)
        stored = _numbers(">", log[at + 16 : at + 24])
        page = log[at + _FRAME_HEADER : at + _FRAME_HEADER + size]
        follows = {_checksum(order, log[at : at + 8] + page, start) for start in before}
        own = log[at + 8 : at + 16] == salts
        if not own and found and found[-1].salts != salts:
            return found[:-1]
        sound = own and stored in follows
        # Behind a broken frame the chain goes on from what was written, or from what should have been.
        before = {stored} if sound or (found and not found[-1].sound) else {stored, *follows}
        found.append(_Frame(number, ends, log[at + 8 : at + 16], stored, page, sound))
    return found


def _header(log: bytes) -> Tuple[bool, Checksum]:
    """Return whether the header is what was written, and the checksum that it should have."""
    computed = _checksum(_order(log), log[:24], (0, 0))
    return computed == _numbers(">", log[24:32]), computed


def _order(log: bytes) -> str:
    magic: int = struct.unpack_from(">I", log)[0]
    if magic | 1 == _MAGIC | 1:
        return ">" if magic & 1 else "<"
    return ">" if sys.byteorder == "big" else "<"


def _page_size(log: bytes) -> int:
    size: int = struct.unpack_from(">I", log, 8)[0]
    return size if 512 <= size <= 65536 and size & (size - 1) == 0 else _USUAL_SIZE


def _numbers(order: str, data: bytes) -> Checksum:
    first, second = struct.unpack(f"{order}II", data)
    return first, second


def _checksum(order: str, data: bytes, start: Checksum) -> Checksum:
    first, second = start
    numbers = struct.unpack(f"{order}{len(data) // 4}I", data)
    for even, odd in zip(numbers[::2], numbers[1::2]):
        first = (first + even + second) & 0xFFFFFFFF
        second = (second + odd + first) & 0xFFFFFFFF
    return first, second
