"""What a statement says without saying it: who moved to Oslo lives there, and is to be asked about like that too."""

from __future__ import annotations

import re
from typing import List

from sovl_dream.claims.change import now_so
from sovl_dream.claims.subject import is_name
from sovl_dream.statement import Statement, parse_statement


def with_implied(statement: Statement) -> List[Statement]:
    """Return a statement and what it implies: "I moved to Oslo" and "I live in Oslo"."""
    return [statement, *now_so(statement), *_turned_round(statement)]


def _turned_round(statement: Statement) -> List[Statement]:
    """Return "My boss is Tamsin" for "Tamsin is my boss"."""
    owned = re.match(r"^(?:my|our) [\w '’-]+$", statement.complement)
    plain = statement.verb == "is" and not statement.middle and not statement.preposition
    if not owned or not plain or not is_name(statement.subject):
        return []
    found = parse_statement(f"{statement.complement} is {statement.subject}")
    return [] if found is None else [found]
