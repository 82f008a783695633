"""Whether a reply says an answer: as words of its own, not as a part of others ("May" in "maybe")."""

from __future__ import annotations

import unicodedata


def says(reply: str, answer: str) -> bool:
    """Return True when an answer stands in a reply, ignoring case, with no word running on at either end of it.

    What stands inside an answer is compared as it is: ``heron-4471`` is found in "It is heron-4471." Letters without
    case count as words of their own: Chinese, Japanese and Thai are written without spaces.

    :param answer: an empty one is never said.
    """
    said, wanted = _alike(reply), _alike(answer)
    start = said.find(wanted) if wanted else -1
    while start >= 0:
        end = start + len(wanted)
        if not _runs_on(said[start - 1 : start], wanted[0]) and not _runs_on(wanted[-1], said[end : end + 1]):
            return True
        start = said.find(wanted, start + 1)
    return False


def _alike(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def _runs_on(first: str, second: str) -> bool:
    """Return True when two neighbours are of one word; either may be nothing."""
    return bool(first and second) and all(_of_a_word(one) for one in (first, second))


def _of_a_word(character: str) -> bool:
    return (character.isalnum() or character == "_") and unicodedata.category(character) != "Lo"
