"""Which form a file has, told from how it begins."""

from __future__ import annotations

import json
import re
from typing import Any, List

from sovl_core.error_handling import DataError

#: The forms that can be read, by the names that ``--format`` takes.
LINES, PAIRS, LLM, CHATGPT = "lines", "pairs", "llm", "chatgpt"
FORMATS = (LINES, PAIRS, LLM, CHATGPT)
#: Bytes of a file that tell its form.
HEAD = 1 << 16
#: Lines looked at: the first may be the broken one.
LOOKED_AT = 20

#: How a zip archive that holds something begins.
ZIP = b"PK\x03\x04"
_SQLITE = b"SQLite format 3\x00"
#: An export in which there is no conversation.
_EMPTY_LISTS = re.compile(r"(?:\[\s*\]\s*)+")
_AS_LINES = "To tell it line by line all the same: --format lines"


def recognise(head: bytes, name: str) -> str:
    """Return the form of a file: one of :data:`FORMATS`.

    :param head: its first :data:`HEAD` bytes.
    :param name: where it comes from, for messages.
    :raises DataError: when it is data, but in none of the forms: it must not be remembered as if it were words.
    """
    if head.startswith(_SQLITE):
        return LLM
    if head.startswith(ZIP):
        return CHATGPT
    text = head.decode("utf-8-sig", "ignore").lstrip()
    if _EMPTY_LISTS.fullmatch(text):
        raise DataError(f"{name}: there is nothing in it but an empty list", _AS_LINES)
    objects = [value for value in _lines_as_json(text) if isinstance(value, dict)]
    if any("prompt" in value for value in objects):
        return PAIRS
    if _begins_with_object(text) and '"mapping"' in text:
        return CHATGPT
    if objects:
        raise DataError(f'{name} holds JSON objects without a "prompt"', _AS_LINES)
    if _begins_with_object(text):
        raise DataError(f"{name} is JSON, but in no form that is known", _AS_LINES)
    return LINES


def _lines_as_json(text: str) -> List[Any]:
    found = []
    for line in text.split("\n")[:LOOKED_AT]:
        try:
            found.append(json.loads(line))
        except (ValueError, RecursionError):
            continue
    return found


def _begins_with_object(text: str) -> bool:
    """Return whether this is JSON: an object or a list of objects. A line of text may begin with a bracket too."""
    inner = text[1:].lstrip() if text.startswith("[") else text
    return inner.startswith("{") and inner[1:].lstrip()[:1] in ('"', "}")
