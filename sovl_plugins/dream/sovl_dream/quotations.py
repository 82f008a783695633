"""Quotation marks: what stands between them was said by somebody else, or is a name."""

from __future__ import annotations

import re
from typing import List, Sequence, Tuple

from sovl_dream.statement import parse_statement

#: Stands for a quotation while a turn is taken apart into sentences.
MARK = "\ue000"
#: Stands for an opening quotation mark that nothing closes.
OPEN = "\ue001"
_CLOSING = {
    **{opening: opening for opening in ('"', "`")},
    **{
        pair[0]: pair[1:]
        for pair in ("“”", "„“”‟", "«»", "»«", "‹›", "「」", "『』", "｢｣", "《》", "〈〉", "【】", "〝〞〟")
    },
}
_OPENING = re.compile(r"[“„«»‹「『｢《〈【〝\"]|`(?=[^\s`])|[‘'](?=\w)")
#: The same marks as other programs write them.
_WRITTEN_OTHERWISE = (
    (re.compile(r"&quot;|\\\"|＂|\"{3}"), '"'),
    (re.compile(r"<<(?=\w)([^<>]{1,400}?)>>"), r"«\1»"),
    (re.compile(r"``(?=\w)([^`]{1,400}?)''"), r"“\1”"),
)
#: A single quotation mark is an apostrophe more often than not: "the '90s", "rock 'n' roll", "my parents' house".
_SINGLE = re.compile(
    r"(?:(?!['‘]\d0s)(?!['‘](?:em|til|cause|tis|twas|n|round|bout)\b)['‘])(?=\w)[^\n]{1,400}?[^\s'’]['’](?!\w)"
)
_BEFORE = re.compile(r"[\s(\[{:,;=/—–-]")
_NEW_SENTENCE = re.compile(r"\s+[^\W\d_a-z]|\s*\n")
_SELF = re.compile(r"\b(?:I|I['’]\w+|my|me|we|our)\b", re.IGNORECASE)
#: Written small within a title.
_SMALL = ("a", "an", "and", "at", "by", "for", "from", "in", "of", "on", "or", "the", "to", "with")


def masked(text: str) -> Tuple[str, List[str]]:
    """Return a text with each quotation as one :data:`MARK`, and the quotations with their marks, in order.

    A quotation that ends a sentence of its own is followed by a full stop. One that is never closed becomes
    :data:`OPEN` and goes on to the end: nobody knows where the user speaks again.
    """
    text = text.replace(MARK, " ").replace(OPEN, " ")
    for written, mark in _WRITTEN_OTHERWISE:
        text = written.sub(mark, text)
    pieces: List[str] = []
    found: List[str] = []
    done = position = 0
    while True:
        opening = _OPENING.search(text, position)
        if opening is None:
            return "".join(pieces) + text[done:], found
        start = opening.start()
        end = _end_of(text, start)
        if end < 0:
            return "".join(pieces) + text[done:start] + OPEN, found
        position = max(end, start + 1)
        # Commands and names of files are written between these marks as well.
        if end and (text[start] != "`" or (_SELF.search(text[start:end]) and is_speech(text[start:end]))):
            found.append(text[start:end])
            pieces += [text[done:start], MARK]
            ends = text[end - 2 : end - 1] in (".", "!", "?") and _NEW_SENTENCE.match(text, end)
            pieces.append("." if ends else "")
            done = end


def unmasked(text: str, quotations: Sequence[str]) -> str:
    """Put quotations back in the place of their marks, in order."""
    for quotation in quotations:
        text = text.replace(MARK, quotation, 1)
    return text


def is_speech(quotation: str) -> bool:
    """Return True for a quotation that says something, False for a name, a title, or a few words.

    A title is written large: "I Am the Walrus".
    """
    inner = quotation[1:-1].strip()
    words = inner.split()
    large = [word[:1].isupper() or word in _SMALL for word in words]
    if len(words) > 1 and all(large) and words[0][:1].isupper() and not inner.endswith("."):
        return False
    several = re.search(r"[.!?]\s", inner) is not None
    of_self = len(words) >= 3 and _SELF.search(inner) is not None
    return several or of_self or parse_statement(inner) is not None


def _end_of(text: str, start: int) -> int:
    """Return where the quotation that begins at ``start`` ends; 0 where none begins, -1 where it never ends."""
    before = text[start - 1 : start]
    if text[start] in "'‘":
        if before and not _BEFORE.match(before):
            return 0
        single = _SINGLE.match(text, start)
        return single.end() if single else 0
    if text[start] in '"`' and before and not _BEFORE.match(before):
        return 0  # 27" is a length
    ends = [place for place in (text.find(closing, start + 1) for closing in _CLOSING[text[start]]) if place >= 0]
    if ends:
        return min(ends) + 1
    return 0 if text[start] in "»`" else -1
