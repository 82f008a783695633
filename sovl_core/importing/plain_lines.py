"""Plain text: each line that is not blank is one thing told."""

from __future__ import annotations

from typing import List

from sovl_core.error_handling import DataError
from sovl_core.importing.keys import Keys
from sovl_core.records import Exchange


def read_plain_lines(raw: bytes, name: str, keys: Keys) -> List[Exchange]:
    """Return the lines that say something, without the space around them.

    All of the file is looked at before anything is told: what is no text must not be remembered in part.

    :param raw: the whole file, UTF-8, lines ended in any way.
    :param name: where it comes from, for messages.
    :raises DataError: when it is no text, naming the line, or says nothing.
    """
    lines = [line.strip() for line in _lines(decode(raw, name))]
    told = [Exchange(line, key=keys.key(line), source="tell") for line in lines if line]
    if not told:
        raise DataError(f"{name}: there is nothing in it", "Write one thing to tell on each line")
    return told


def decode(raw: bytes, name: str) -> str:
    """Return UTF-8 text.

    :param name: where the bytes come from, for messages.
    :raises DataError: when they are no text, naming the line.
    """
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise DataError(f"{name}, line {line}: not UTF-8 text", "Save the file as UTF-8") from error
    if "\x00" in text:
        line = text.count("\n", 0, text.index("\x00")) + 1
        raise DataError(f"{name}, line {line}: this is no text file", "Give a text file of one thing a line")
    return text


def _lines(text: str) -> List[str]:
    return text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
