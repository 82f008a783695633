"""What a secret looks like: known kinds, and regular expressions of the user's own."""

from __future__ import annotations

import re
from typing import Callable, Dict, Iterable, List, Pattern, Sequence, Tuple

#: Group of a pattern that is withheld alone; without it the whole match is.
SECRET = "secret"

Span = Tuple[int, int]

_CARD = re.compile(r"(?<!\d)(?<!\d\.)\d(?:[ -]?\d){12,18}(?!\d|\.\d)")
_IBAN = re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?\b")
_API_KEY = re.compile(
    r"\b(?:sk|pk|rk)[-_](?:[A-Za-z0-9]+[-_])*[A-Za-z0-9]{16,}"  # OpenAI, Anthropic, Stripe
    r"|\bgh[pousr]_[A-Za-z0-9]{30,}|\bgithub_pat_\w{40,}|\bglpat-[\w-]{20,}"
    r"|\bxox[abprs]-[\w-]{10,}|\b(?:AKIA|ASIA)[A-Z0-9]{16}\b|\bAIza[\w-]{35}|\bhf_[A-Za-z]{30,}"
    r"|\beyJ[\w-]{10,}\.[\w-]{10,}\.[\w-]*"  # a JSON web token
)
_PRIVATE_KEY = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)", re.DOTALL)
_PASSWORD = re.compile(
    r"\b(?:pass(?:word|phrase|code)|PIN)\b[^.:=\n]{0,40}?(?:\s+is|\s*[:=])\s*[\"'“‘]?(?P<secret>[^\s\"'”’]+)",
    re.IGNORECASE,
)


def compiled(pattern: str) -> Pattern[str]:
    """Return a regular expression of the user's.

    :raises ValueError: when it is none, or matches nothing at all as well.
    """
    try:
        expression = re.compile(pattern)
    except re.error as error:
        raise ValueError(f"{pattern!r} is no regular expression: {error}") from error
    if expression.match(""):
        raise ValueError(f"{pattern!r} matches even where there is nothing")
    return expression


def spans_of(expression: Pattern[str], text: str) -> List[Span]:
    """Return where a pattern matches: of its group ``secret`` where it has one."""
    group = SECRET if SECRET in expression.groupindex else 0
    return [match.span(group) for match in expression.finditer(text) if match.end(group) > match.start(group)]


def _cards(text: str) -> List[Span]:
    return [match.span() for match in _CARD.finditer(text) if _checks_out(re.sub(r"\D", "", match.group()))]


def _checks_out(digits: str) -> bool:
    """Return whether digits pass the check of Luhn (ISO/IEC 7812-1), as the number of every payment card does."""
    doubled = [int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(digits))]
    return sum(number // 10 + number % 10 for number in doubled) % 10 == 0


def _ibans(text: str) -> List[Span]:
    return [match.span() for match in _IBAN.finditer(text) if _is_iban(match.group().replace(" ", ""))]


def _is_iban(number: str) -> bool:
    """Return whether the check digits are right (ISO 7064, MOD 97-10)."""
    return int("".join(str(int(letter, 36)) for letter in number[4:] + number[:4])) % 97 == 1


#: Kinds of secrets that are known, each a function from a text to where they stand in it.
KNOWN: Dict[str, Callable[[str], List[Span]]] = {
    "api_key": lambda text: spans_of(_API_KEY, text),
    "card": _cards,
    "iban": _ibans,
    "password": lambda text: spans_of(_PASSWORD, text),
    "private_key": lambda text: spans_of(_PRIVATE_KEY, text),
}


def find(text: str, known: Iterable[str], patterns: Sequence[str], replacement: str) -> Dict[str, List[Span]]:
    """Return where secrets stand, by kind: those of the user's own patterns are ``pattern``.

    :param replacement: what was withheld before is none: "My password is [withheld]".
    :raises ValueError: when a pattern is no regular expression.
    """
    found = {kind: KNOWN[kind](text) for kind in known}
    found["pattern"] = [span for pattern in patterns for span in spans_of(compiled(pattern), text)]
    still = {
        kind: [(start, end) for start, end in spans if re.search(r"\w", text[start:end].replace(replacement, ""))]
        for kind, spans in found.items()
    }
    return {kind: spans for kind, spans in still.items() if spans}


def replaced(text: str, spans: Iterable[Span], replacement: str) -> str:
    """Return a text with ``replacement`` in place of some spans; those that overlap are one."""
    joined: List[Span] = []
    for start, end in sorted(spans):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    for start, end in reversed(joined):
        text = text[:start] + replacement + text[end:]
    return text
