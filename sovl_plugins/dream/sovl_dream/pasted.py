"""What was pasted into a turn: code, block quotes, letters, transcripts, data. Told by its lines, not by its words."""

from __future__ import annotations

import re
from typing import Callable, List, Optional, Tuple

from sovl_dream.stamped import is_heading

#: A line that stands for something pasted.
PASTED = "\ue002"

_FENCE = re.compile(r"\s*(```|~~~)")
_INDENTED = re.compile(r"(?: {4}|\t)\s*\S")
_QUOTED = re.compile(r"\s*[>＞│┃▌]")
_TABLE_OR_HEADING = re.compile(r"\s*[#|]")
_SEPARATOR = re.compile(r"\s*(?:[-=*_~+]{3,}|[<>]{3,}|\"{3}|'{3})\s*$")
#: How models and chat programs write down who speaks; nobody says this of themselves.
_CONTROL = re.compile(
    r"<\|[^|>\n]{1,40}\|>|\[/?(?:INST|SYS|SYSTEM)\]|<</?SYS>>|</?s>|<(?:start|end)_of_turn>|"
    r"^\s*#{2,} ?(?:instructions?|response|system|user|assistant|human|input|output|prompt)\b",
    re.IGNORECASE,
)
_HEADER = re.compile(
    r"\s*(?:from|to|cc|bcc|subject|sent|date|reply-to|von|an|betreff|de|à|objet|från|till|ämne)\s?:\s", re.IGNORECASE
)
#: One such line is enough where text stands below it.
_SUBJECT = re.compile(r"\s*(?:(?:subject|betreff|objet|ämne|fwd?|aw|wg|title)\s?:\s*\S|from\s?:.*@)", re.IGNORECASE)
_FORWARDED = re.compile(
    r"\b(?:original|forwarded) message\b|\b(?:wrote|schrieb|écrit|escribió|skrev|schreef|scritto)\b[^:]*[:-]\s*$",
    re.IGNORECASE,
)
#: To somebody else than the one who is spoken to here.
_SALUTATION = re.compile(
    r"\s*(?!\w+ (?:sovl|assistant|computer|friend|there|again)\b)"
    r"(?:(?:dear|hi|hello|hey|good (?:morning|day|evening))\b[^.:;!?]{0,50}|to whom it may concern)[,:!]?\s*$",
    re.IGNORECASE,
)
_CLOSING_FORMAL = re.compile(
    r"\s*(?:(?:(?:with )?(?:kind|best|warm|kindest|warmest)(?: \w+)?|with|many) (?:regards|wishes|greetings)|regards|"
    r"(?:yours )?(?:sincerely|faithfully|truly)(?: yours)?|respectfully)\s*,?\s*$",
    re.IGNORECASE,
)
_CLOSING = re.compile(r"\s*(?:best|cheers|love|thanks|thank you|yours|take care|see you)\s*[,!]?\s*$", re.IGNORECASE)
_NAME = re.compile(r"\s*[^\W\d_a-z][\w.'’-]*(?: [^\W\d_a-z][\w.'’-]*){0,3}\s*$")
_TIME = r"[\[(]?(?:\d{1,4}[./-]\d{1,2}[./-]\d{1,4},? )?\d{1,2}[:.]\d\d(?:[:.]\d\d)?(?: ?[ap]m)?[\])]?\s*[-–—,]?\s*"
_ROLE = r"(?:user|assistant|system|human|ai|bot|chatbot|model|chatgpt|gpt|claude|llm|agent|operator|q|a)"
#: One such line is enough; "Name:" and the like are labels only beside another.
_SPEAKER = re.compile(
    rf"\s*(?:{_TIME}[^\s:][^:\n]{{0,30}}:\s|<[^<>\s/]{{1,30}}>\s|{_TIME}<[^<>\n]{{1,30}}>|{_ROLE}\s?\d?:\s|"
    r"[^\W\d_][\w.-]{1,20}>\s|[^\W\d_][\w .'’-]{0,30} \(\d{1,2}[:.]\d\d(?: ?[ap]m)?\):\s)",
    re.IGNORECASE,
)
_LABEL = re.compile(
    r"\s*(?:\"?[^\W\d_][\w.'’-]*(?: [\w.'’-]+){0,2}\"?(?: \([^)\n]{1,30}\))?:\s|[A-Z]{3,}(?: [A-Z]+){0,2}\.\s)"
)
_EMPHASISED = re.compile(r"^\s*[*_]{1,3}([^*_\n]{1,40}?)[*_]{1,3}")
#: Lead into something that the user says themselves.
_OWN_LABEL = re.compile(
    r"\s*(?:note|nb|remember|reminder|ps|p\.s\.|pps|fyi|btw|update|correction|also|so|edit|well|and|but|no|yes|"
    r"in short|to sum up|\w+ (?:fact|news|note|thing|question|reminder|update)|about me|please remember)\s?:",
    re.IGNORECASE,
)
_LOGGED = re.compile(
    r"\s*(?:\[(?:INFO|WARN|WARNING|ERROR|DEBUG|FATAL)\]|(?:INFO|WARN|WARNING|ERROR|DEBUG|FATAL)(?:\s{2,}|\s+\d{4}-))"
)
_PROMPT = re.compile(r"\s*(?:\$ \S|>>> |[A-Z]:\\[^\s>]*>|[\w.-]+@[\w.-]+:\S*[$#] )")
#: Comments of programs, and what ends them.
_COMMENTS = (("//", "\n"), ("/*", "*/"), ("<!--", "-->"))
_JSON = re.compile(r"\s*(?:[\[{]\s*(?:[\[{\"]|$)|\"[^\"\n]+\"\s*:|[\]}],?\s*$)")
_TAG = re.compile(r"\s*<(/?)([a-zA-Z][\w:-]*)(?:\s[^<>]*)?/?>")
_WITHOUT_END = ("br", "hr", "img", "input", "link", "meta")
#: Two such lines, one below the other, are rows.
_ROWS = (re.compile(r"[^\s\d],[^\s\d]|[^\s\d],\d|\d,[^\s\d]"), re.compile(r"\S ?\t ?\S"), re.compile(r"\w \| \S"))

#: Given the lines and the number of one at which something pasted may begin, returns the number of the line after it.
_Finder = Callable[[List[str], int], int]


def without_pasted(text: str) -> str:
    """Return a turn with a line of :data:`PASTED` in the place of whatever was pasted into it."""
    lines = text.replace("\r\n", "\n").replace(PASTED, " ").split("\n")
    if sum(bool(line.strip()) for line in lines) == 1:
        lines = [line.strip() for line in lines]
    lines = _without_letter(lines)
    kept: List[str] = []
    number = 0
    while number < len(lines):
        after = max(find(lines, number) for find in _FINDERS)
        if after > number:
            kept.append(PASTED)
            number = after
        else:
            kept.append(lines[number])
            number += 1
    return "\n".join(kept)


def _fence(lines: List[str], start: int) -> int:
    opened = _FENCE.match(lines[start])
    if opened is None:
        return start
    return _until(lines, start + 1, lambda line: line.strip().startswith(opened.group(1))) + 1


def _indented(lines: List[str], start: int) -> int:
    if not _INDENTED.match(lines[start]) or (start and lines[start - 1].strip() and lines[start - 1] != PASTED):
        return start
    return _until(lines, start, lambda line: bool(line.strip()) and not _INDENTED.match(line))


def _block_quote(lines: List[str], start: int) -> int:
    # As in Markdown, a line right below a quoted one goes on with it.
    return _paragraph(lines, start) if _QUOTED.match(lines[start]) else start


def _table_or_heading(lines: List[str], start: int) -> int:
    return start + 1 if _TABLE_OR_HEADING.match(lines[start]) else start


def _separated(lines: List[str], start: int) -> int:
    if not _SEPARATOR.match(lines[start]):
        return start
    after = _until(lines, start + 1, lambda line: _SEPARATOR.match(line) is not None)
    if after < len(lines):
        return after + 1
    before = next((line.strip() for line in reversed(lines[:start]) if line.strip()), "")
    return after if before.endswith((":", "?")) else start + 1


def _to_the_end(lines: List[str], start: int) -> int:
    line = lines[start]
    headers = _HEADER.match(line) and start + 1 < len(lines) and _HEADER.match(lines[start + 1])
    if _CONTROL.search(line) or _FORWARDED.search(line) or headers or _is_speaker(line) or is_heading(lines, start):
        return len(lines)
    if _SUBJECT.match(line) and any(below.strip() for below in lines[start + 1 :]):
        return len(lines)
    return len(lines) if _is_label(line) and any(map(_is_label, lines[start + 1 :])) else start


def _data(lines: List[str], start: int) -> int:
    rows = start + 1 < len(lines) and any(form.search(lines[start]) and form.search(lines[start + 1]) for form in _ROWS)
    return _paragraph(lines, start) if _JSON.match(lines[start]) or rows else start


def _program(lines: List[str], start: int) -> int:
    """Comments, what is typed at a prompt with what follows it, and lines of a log."""
    if _LOGGED.match(lines[start]) or _PROMPT.match(lines[start]):
        return _paragraph(lines, start)
    ends = [closing for opening, closing in _COMMENTS if lines[start].lstrip().startswith(opening)]
    return min(len(lines), _until(lines, start, lambda line: ends[0] in f"{line}\n") + 1) if ends else start


def _tagged(lines: List[str], start: int) -> int:
    tag = _TAG.match(lines[start])
    if tag is None:
        return start
    if tag.group(1) or tag.group(2).lower() in _WITHOUT_END or tag.group(0).endswith("/>"):
        return start + 1
    closing = f"</{tag.group(2)}"
    return min(len(lines), _until(lines, start, lambda line: closing in line) + 1)


_FINDERS: Tuple[_Finder, ...] = (
    _fence,
    _indented,
    _block_quote,
    _table_or_heading,
    _separated,
    _to_the_end,
    _data,
    _program,
    _tagged,
)


def _without_letter(lines: List[str]) -> List[str]:
    """Take out what stands between a salutation and a closing with a name below it, each on a line of its own.

    A formal closing is enough: nobody signs what they say to a program "Yours faithfully".
    """
    kept: List[str] = []
    opening: Optional[int] = None
    number = 0
    while number < len(lines):
        line = lines[number]
        formal = _CLOSING_FORMAL.match(line) is not None
        if (formal or opening is not None) and (formal or _CLOSING.match(line)):
            below = next((place for place in range(number + 1, len(lines)) if lines[place].strip()), len(lines))
            signed = below < len(lines) and _NAME.match(lines[below]) is not None
            if formal or signed:
                kept[opening or 0 :] = [PASTED]
                opening, number = None, below + 1 if signed else number + 1
                continue
        if opening is None and line.strip() and _SALUTATION.match(line):
            opening = len(kept)
        kept.append(line)
        number += 1
    return kept


def _is_speaker(line: str) -> bool:
    line = _EMPHASISED.sub(r"\1", line)
    return _SPEAKER.match(line) is not None and not _OWN_LABEL.match(line)


def _is_label(line: str) -> bool:
    line = _EMPHASISED.sub(r"\1", line)
    return _LABEL.match(line) is not None and not _OWN_LABEL.match(line)


def _paragraph(lines: List[str], start: int) -> int:
    return _until(lines, start, lambda line: not line.strip())


def _until(lines: List[str], start: int, found: Callable[[str], bool]) -> int:
    """Return the number of the first line from ``start`` on of which ``found`` is true; that after the last if none."""
    return next((number for number in range(start, len(lines)) if found(lines[number])), len(lines))
