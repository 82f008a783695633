"""Marks in ChatGPT's answers that its pages draw as citations, links, names and pictures: what of them is words.

A mark stands between U+E200 and U+E201, its kind and its parts are divided by U+E202; no language uses these.
"""

from __future__ import annotations

import json
import re
from typing import Any, Match

_MARK = re.compile("([ \t]*)\ue200([^\ue200\ue201]*)\ue201")
#: Of marks that are cut off.
_LONE = re.compile("[\ue200-\ue203]")


def without_marks(text: str) -> str:
    """Return an answer with the names and the texts of links that marks hold, and without the marks."""
    return _LONE.sub("", _MARK.sub(_words, text)).strip()


def _words(mark: Match[str]) -> str:
    kind, *parts = mark.group(2).split("\ue202")
    words = ""
    if kind == "entity" and parts:
        words = _name(parts[0])
    elif kind == "url" and parts:
        words = parts[0]
    return mark.group(1) + words if words else ""


def _name(entity: str) -> str:
    """Return the name in ``["city", "Oslo", ...]``, "" where there is none."""
    try:
        held: Any = json.loads(entity)
    except (ValueError, RecursionError):
        return ""
    named = isinstance(held, list) and len(held) > 1 and isinstance(held[1], str)
    return held[1] if named else ""
