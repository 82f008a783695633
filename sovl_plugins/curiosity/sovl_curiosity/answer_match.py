"""Whether a reply holds an accepted answer: as words of their own, so that "10" is not found in "1066"."""

from __future__ import annotations

import re
import unicodedata
from typing import Iterable


def says(reply: str, answers: Iterable[str]) -> bool:
    """Return True when one of the answers stands in a reply, ignoring case, with no word running on at either end.

    :param answers: empty ones are never said.
    """
    said = _alike(reply)
    return any(re.search(rf"(?<!\w){re.escape(wanted)}(?!\w)", said) for wanted in map(_alike, answers) if wanted)


def _alike(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())
