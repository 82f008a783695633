"""Lines that say who wrote what stands below them, and when, as chat programs, forums and papers write them.

"Bob Smith  12:03 PM", "ann — Today at 9:15", "@bob · 3h", "Posted by Bob": nobody says such a line of themselves.
"""

from __future__ import annotations

import re
from typing import List

_WEEKDAY = r"(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?"
_MONTH = r"(?:jan|feb|mar|apr|may|june?|july?|aug|sept?|oct|nov|dec)[a-z]{0,6}\.?"
_DAY = (
    rf"(?i:today|yesterday|(?:last )?{_WEEKDAY}|\d{{1,4}}[./-]\d{{1,2}}[./-]\d{{1,4}}|"
    rf"\d{{1,2}}\.? {_MONTH}(?:,? \d{{4}})?|{_MONTH} \d{{1,2}}(?:,? \d{{4}})?)"
)
_CLOCK = r"(?i:(?:at )?\d{1,2}[:.]\d\d(?:[:.]\d\d)?(?: ?[ap]\.?m\.?)?)"
_DAY_AND_CLOCK = rf"{_DAY}(?:[,.]? {_DAY})?[,.]? {_CLOCK}"
_DATE_AND_CLOCK = rf"(?!(?i:(?:last )?{_WEEKDAY})[,.]? {_CLOCK}){_DAY_AND_CLOCK}"
_MOMENT = rf"[\[(]?(?:{_DAY_AND_CLOCK}|{_CLOCK})[\])]?"
_AGO = (
    r"(?i:\d{1,2} ?(?:(?:s|m|h|d|w|mo|y)(?: ago)?|"
    r"(?:sec|min|hr|second|minute|hour|day|week|month|year)s?\.?(?: ago)?)|just now)"
)
#: "My shift 9:15" names nobody.
_NOBODY = (
    rf"(?!(?:I|My|Our|We|The|It|This|That|Your|At|On|In|From|Until|Since|By|Tomorrow|Tonight|Now|Here)\b|{_DAY}\b)"
)
_PART = r"[^\W\d_a-z][\w.'’-]*"
_PRONOUNS = r"(?: \([a-z/]+\))?"
_NAME = rf"{_NOBODY}{_PART}(?:,? {_PART}){{0,3}}{_PRONOUNS}"
_FULL_NAME = rf"{_NOBODY}{_PART}(?:,? {_PART}){{1,3}}{_PRONOUNS}"
_HANDLE = r"(?:@|/?u/)?(?=\w*[\d_a-z])[\w.-]{2,30}"
_MARKED_HANDLE = r"(?:@[\w.-]{2,30}|/?u/[\w-]{2,30}|(?=[a-z_]*\d|\w*_)\w{3,30})"
_SET_OFF = r"(?:\s{2,}|\t| ?:[a-z_]+: *| (?=\[))"
_HEADINGS = (
    rf"\W*{_DATE_AND_CLOCK}\W*",
    rf"(?:{_NAME}|{_NOBODY}{_HANDLE})(?:{_SET_OFF}{_MOMENT}| ?[—·•|/] ?{_DAY_AND_CLOCK}):?",
    rf"(?:{_FULL_NAME}|{_MARKED_HANDLE}),? {_MOMENT}:?",
    rf"[\[(](?:{_DAY_AND_CLOCK}|{_CLOCK})[\])] ?{_NAME}:?",
    rf"(?:r/\w+ ?[·•] ?)?(?:Posted by )?(?:{_NAME} @[\w.-]+|{_NAME}|{_HANDLE}) ?[·•] ?(?:{_AGO}|{_DAY})",
    rf"r/\w+ ?[·•] ?(?:Posted by )?{_HANDLE} {_AGO}",
    rf"(?:{_FULL_NAME}|{_MARKED_HANDLE}) {_AGO}(?<=ago|now)",
    rf"(?i:(?:posted|written|published) by) (?:{_NAME}|{_HANDLE})(?: on {_DAY})?|(?:By|by|BY) {_FULL_NAME}",
    rf"{_FULL_NAME} @[\w.-]{{2,30}}",
    r"\W*(?i:(?:page|chapter|section|document|doc|act|scene|verse)[ .:]*(?:\d{1,4}|[ivxlc]{1,6})|abstract)\W*",
    r"\W*(?i:(?:begin|start)(?: of)?(?: the)? (?:document|text|file|quote|message|transcript|article|page))\W*",
    r"(?i:source): ?\S+|[★☆⭐]{2}.*|\d+:\d\d:\d\d[.,]\d+ --> .*",
    r"[\[(](?i:chorus|refrain|bridge|intro|outro|(?:pre-?chorus|verse)(?: \d)?)[\])]",
    r"(?i:user|assistant|bot|chatgpt|ai|human|system|you|copilot)(?: said)?:?",
)
_HEADING = re.compile("|".join(f"(?:{heading})" for heading in _HEADINGS))
_NAME_ALONE = re.compile(rf"(?:{_NAME}|{_HANDLE})")
_CLOCK_ALONE = re.compile(rf"\W?{_MOMENT}\W?")


def is_heading(lines: List[str], number: int) -> bool:
    """Return True for a line that says whose the lines below it are: "Bob Smith  12:03 PM", or "12:03" below a name."""
    line = lines[number].strip()
    # A long line is talk; and nothing is told by a line of this kind that stands last.
    if not line or len(line) > 80 or not any(below.strip() for below in lines[number + 1 : number + 3]):
        return False
    if _HEADING.fullmatch(line):
        return True
    above = lines[number - 1].strip() if number else ""
    return _CLOCK_ALONE.fullmatch(line) is not None and _NAME_ALONE.fullmatch(above) is not None
