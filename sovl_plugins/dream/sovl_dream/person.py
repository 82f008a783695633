"""Grammatical person: what the user says of themselves, said back to them, and the other way round."""

from __future__ import annotations

import re
from typing import Dict, List

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
_WORD = re.compile(r"[A-Za-z]+(?:['’][A-Za-z]+)?|[^A-Za-z]+")


def _swap(text: str, table: Dict[str, str]) -> List[str]:
    pieces: List[str] = []
    for piece in _WORD.findall(text):
        swapped = table.get(piece.lower().replace("’", "'"))
        if swapped is None:
            pieces.append(piece)
        elif not pieces and swapped[:1].islower():
            pieces.append(swapped[0].upper() + swapped[1:])
        else:
            pieces.append(swapped)
    return pieces


def to_second_person(statement: str) -> str:
    """Turn a statement by the user into one about the user: "I was born in May." gives "You were born in May."."""
    swapped = "".join(_swap(statement, _TO_SECOND))
    return re.sub(r"\b([Yy]ou)((?: \w+ly)?) was\b", r"\1\2 were", swapped)


def to_first_person(question: str) -> str:
    """Turn a question put to the user into one the user would put: "What is your name?" gives "What is my name?"."""
    swapped = "".join(_swap(question, _TO_FIRST))
    swapped = re.sub(r"\b(do|did|are|were|have|can|will|should) I\b", lambda m: m.group(0), swapped)
    return re.sub(r"\bare I\b", "am I", re.sub(r"\bI are\b", "I am", swapped))
