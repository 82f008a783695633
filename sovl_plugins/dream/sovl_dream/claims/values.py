"""Values of claims: when do two of them tell different things? Unsure is no: "mint" may be the "mint tea" of before."""

from __future__ import annotations

import re
from typing import Dict, Set

from sovl_dream.claims.words import COUNTRIES, NUMBERS
from sovl_dream.lexicon import DAY, MONTH

_ARTICLES = re.compile(r"^(?:an?|the|my|our|in|at|on|from|for|as) ")
_NO_PLACE = re.compile(r"^(?:an?|the|my|our|this|that|his|her|their|one|two|three|peace|fear)\b")
_DATE_PARTS = {
    "month": re.compile(rf"\b({MONTH}|jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec)\b"),
    "day": re.compile(r"\b(\d{1,2})(?:st|nd|rd|th)?\b(?![:.]\d)(?! ?(?:am|pm|o'clock)\b)(?<!:\d\d)"),
    "year": re.compile(r"\b((?:19|20)\d\d)\b"),
    "weekday": re.compile(rf"\b({DAY})s?\b"),
    "time": re.compile(r"\b(\d{1,2}(?:[:.]\d\d)? ?(?:am|pm|o'clock)|\d{1,2}[:.]\d\d|noon|midnight)\b"),
}


def plain_value(value: str) -> str:
    """Return a value in lower case, without article, quotes and punctuation around it."""
    low = " ".join(re.sub(r"[\"“”‘`,;]", " ", value).replace("’", "'").lower().split()).strip(" .,!;:'")
    before = ""
    while before != low:
        before, low = low, _ARTICLES.sub("", low)
    return low.replace("favorite", "favourite").replace("color", "colour")


def differ(kind: str, old: str, new: str) -> bool:
    """Return True where two values of one relation cannot both be meant.

    :param kind: ``text``, ``place``, ``proper``, ``brand``, ``date``, ``digits`` or ``number``.
    """
    return not same(kind, old, new) and _comparable(kind, old, new)


def same(kind: str, old: str, new: str) -> bool:
    """Return True where two values may well be one: one holds the other, or they share every part both have."""
    if kind == "date":
        first, second = date_parts(old), date_parts(new)
        shared = first.keys() & second.keys()
        return bool(shared) and all(first[part] == second[part] for part in shared)
    if kind == "digits":
        return re.sub(r"\W", "", old.lower()) == re.sub(r"\W", "", new.lower())
    if kind == "number":
        return number_in(old) == number_in(new)
    if kind == "brand":
        return bool(_names(old) & _names(new))
    first_words, second_words = plain_value(old).split(), plain_value(new).split()
    alike = first_words == second_words
    return alike or _within(first_words, second_words) or _within(second_words, first_words)


def _comparable(kind: str, old: str, new: str) -> bool:
    if kind == "date":
        return bool(date_parts(old).keys() & date_parts(new).keys())
    if kind == "number":
        return None not in (number_in(old), number_in(new))
    if kind == "brand":
        return bool(_names(old)) and bool(_names(new))
    if kind == "proper":
        # The library may well be the university's.
        return bool(_names(old)) == bool(_names(new))
    if kind == "place":
        # Lund is in Sweden.
        of_one_size = (plain_value(old) in COUNTRIES) == (plain_value(new) in COUNTRIES)
        return of_one_size and is_place(old) and is_place(new)
    return bool(plain_value(old)) and bool(plain_value(new))


def is_place(value: str) -> bool:
    """Return True for the name of a place, written large or not: "Oslo", "oslo", but not "a flat"."""
    return not _NO_PLACE.match(value.lower()) and len(value.split()) <= 4


def date_parts(value: str) -> Dict[str, str]:
    """Return what a date tells: month, day, year, weekday, time, as far as it names them."""
    low = value.lower()
    found: Dict[str, str] = {}
    for part, pattern in _DATE_PARTS.items():
        match = pattern.search(low)
        if match:
            found[part] = match.group(1)[:3] if part == "month" else match.group(1).replace(".", ":").replace(" ", "")
    if "day" in found and not ("month" in found or re.search(r"\d(?:st|nd|rd|th)\b", low)):
        del found["day"]
    return found


def number_in(value: str) -> object:
    """Return the first number of a value, in digits or words up to ninety-nine; None where there is none."""
    digits = re.search(r"\d+(?:[.,]\d+)?", value)
    if digits:
        return digits.group(0)
    found = [NUMBERS[word] for word in re.findall(r"[a-z]+", value.lower()) if word in NUMBERS]
    return str(sum(found[:2]) if found and found[0] >= 20 else found[0]) if found else None


def _names(value: str) -> Set[str]:
    return {word.lower() for word in re.findall(r"[^\W\d_a-z][\w'’-]*", value)}


def _within(short: list[str], long: list[str]) -> bool:
    return bool(short) and any(long[i : i + len(short)] == short for i in range(len(long) - len(short) + 1))
