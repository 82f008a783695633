"""What a statement says without saying it: who moved to Oslo lives there, and is to be asked about like that too."""

from __future__ import annotations

import re
from typing import List

from sovl_dream.claims.change import now_so
from sovl_dream.claims.subject import is_name
from sovl_dream.statement import Statement, parse_statement

_NAME = r"[A-Z][\w'’.-]*(?: (?:[A-Z&][\w'’.-]*|of|the|and(?= [A-Z])))*"
_NAMED = re.compile(rf"\ban? (?:[\w-]+ ){{0,3}}?([a-z][\w-]*),? (?:(?:that|who|which) is )?(?:called|named) ({_NAME})")
#: What is named beside these is somebody's own: "I play bass in a band called".
_ONES_OWN = frozenset(
    (
        "have",
        "had",
        "get",
        "got",
        "own",
        "owned",
        "keep",
        "adopt",
        "adopted",
        "buy",
        "bought",
        "play",
        "sing",
        "work",
        "run",
    )
)
_OWNER = {"I": "my", "we": "our"}


def with_implied(statement: Statement) -> List[Statement]:
    """Return a statement and what it implies: "I moved to Oslo" and "I live in Oslo"."""
    if not statement.verb:
        return [statement]
    return [statement, *now_so(statement), *_turned_round(statement), *_named_within(statement)]


def _named_within(statement: Statement) -> List[Statement]:
    """Return "My band is called Gherkin" for "I play in a band called Gherkin"; nothing where it is nobody's own."""
    found = _NAMED.search(statement.text)
    if found is None or statement.verb.endswith((" called", " named")):
        return []
    kind, name = found.groups()
    subject = statement.subject
    is_one = statement.is_copula and not statement.preposition and re.match(r"an? ", statement.complement)
    if is_one and not statement.speaks_of_self:
        said = f"{subject} is called {name}"
    elif statement.lemma.split()[-1] not in _ONES_OWN:
        return []
    else:
        said = f"{_OWNER.get(subject) or subject + chr(39) + 's'} {kind} is called {name}"
    parsed = parse_statement(said[0].upper() + said[1:])
    return [] if parsed is None else [parsed]


def _turned_round(statement: Statement) -> List[Statement]:
    """Return "My boss is Tamsin" for "Tamsin is my boss"."""
    owned = re.match(r"^(?:my|our) [\w '’-]+$", statement.complement)
    plain = statement.verb == "is" and not statement.middle and not statement.preposition
    if not owned or not plain or not is_name(statement.subject):
        return []
    found = parse_statement(f"{statement.complement} is {statement.subject}")
    return [] if found is None else [found]
