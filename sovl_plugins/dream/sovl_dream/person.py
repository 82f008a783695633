"""Grammatical person: what the user says of themselves, said back to them, and the other way round."""

from __future__ import annotations

import re
from typing import Dict, List, Match

_TO_SECOND: Dict[str, str] = {
    "i": "you",
    "me": "you",
    "my": "your",
    "mine": "yours",
    "myself": "yourself",
    "we": "you",
    "us": "you",
    "our": "your",
    "ours": "yours",
    "ourselves": "yourselves",
    "am": "are",
    "i'm": "you're",
    "i've": "you've",
    "i'll": "you'll",
    "i'd": "you'd",
    "we're": "you're",
    "we've": "you've",
    "we'll": "you'll",
    "we'd": "you'd",
}
_TO_FIRST: Dict[str, str] = {
    "you": "I",
    "your": "my",
    "yours": "mine",
    "yourself": "myself",
    "you're": "I'm",
    "you've": "I've",
    "you'll": "I'll",
    "you'd": "I'd",
}
_AUXILIARIES = "am|are|was|were|do|did|have|had|can|could|will|would|shall|should|may|might|must"
#: Where "you" is a subject: after these words, or before these.
_BEFORE_SUBJECT = re.compile(
    rf"(?:^|[.,;:!?(]|\b(?:{_AUXILIARIES}|who|whom|what|where|when|which|why|how|that|if|and|or|but|because|while|as))\s*$",
    re.IGNORECASE,
)
_AFTER_SUBJECT = re.compile(
    rf"^\s+(?:{_AUXILIARIES}|always|usually|often|never|now|still|also|last|\w+ed)\b", re.IGNORECASE
)
#: Letters of any alphabet: "Valdrôme" holds no "me".
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?|[\W\d_]+")


def _swap(text: str, table: Dict[str, str]) -> List[str]:
    pieces: List[str] = []
    for match in _WORD.finditer(text):
        piece = match.group(0)
        swapped = table.get(piece.lower().replace("’", "'"))
        if swapped is None or _is_name(match):
            pieces.append(piece)
        elif not pieces and swapped[:1].islower():
            pieces.append(swapped[0].upper() + swapped[1:])
        else:
            pieces.append(swapped)
    return pieces


def _is_name(match: Match[str]) -> bool:
    """Return True for what looks like a pronoun and is none: "the US", "My Way", "World War I", "a mine"."""
    start, end = match.span()
    piece, before, after = match.group(0), match.string[max(0, start - 40) : start], match.string[end : end + 3]
    if piece in ("I", "I'm", "I’m", "I've", "I’ve", "I'll", "I’ll", "I'd", "I’d"):
        numeral = re.search(r"[a-z,] [A-Z]\w* $", before) and re.match(r"$|[.,;:!?]", after)
        return bool(numeral) or (bool(re.search(r"\w $", before)) and bool(re.match(r" [A-Z]", after)))
    if piece.lower() == "am" and re.search(r"\d ?$", before):
        return True
    if piece.lower() == "mine":
        return bool(re.search(r"\b(?:a|an|the|this|that|\w+al|gold|silver|copper|salt) $", before, re.IGNORECASE))
    # Capital in the middle of a sentence.
    return piece[:1].isupper() and bool(re.search(r"[\w,;'’\"“] ?$", before))


def to_second_person(statement: str) -> str:
    """Turn a statement by the user into one about the user: "I was born in May." gives "You were born in May."."""
    swapped = "".join(_swap(statement, _TO_SECOND))
    return re.sub(r"\b([Yy]ou)((?: \w+ly)?) was(n['’]t)?\b", r"\1\2 were\3", swapped)


def to_first_person(question: str) -> str:
    """Turn a question put to the user into one the user would put: "What is your name?" gives "What is my name?"."""
    objective = re.sub(r"\b[Yy]ou\b(?!['’])", _subject_or_object, question)
    swapped = "".join(_swap(objective, _TO_FIRST))
    swapped = re.sub(r"\bI are\b", "I am", re.sub(r"\bI were\b", "I was", swapped))
    return re.sub(r"\b([Aa])re I\b", r"\1m I", re.sub(r"\b([Ww])ere I\b", r"\1as I", swapped))


def _subject_or_object(match: Match[str]) -> str:
    """Keep "you" where it is a subject (the swap makes it "I"), and return "me" where it is none."""
    start, end = match.span()
    before, after = match.string[max(0, start - 40) : start], match.string[end : end + 40]
    return match.group(0) if _BEFORE_SUBJECT.search(before) or _AFTER_SUBJECT.match(after) else "me"
