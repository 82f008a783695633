"""Statements that contradict an older one."""

from __future__ import annotations

import re
from typing import Dict, List, Set, Tuple

from sovl_core.records import Episode
from sovl_dream.memories import statements_in
from sovl_dream.statement import Statement


def outdated(memories: List[Episode]) -> Set[Tuple[int, str]]:
    """Return (memory, news) of what a later memory tells otherwise: "My favourite tea is oolong", then "is mint".

    Told apart only where there can be one answer: a name, a favourite, where somebody lives.

    :param memories: in any order; the one with the higher number was told later.
    """
    latest: Dict[Tuple[str, ...], Tuple[int, str]] = {}
    old: Set[Tuple[int, str]] = set()
    for memory in sorted(memories, key=lambda memory: memory.id):
        for statement in statements_in(memory):
            if not _has_one_answer(statement):
                continue
            about = (statement.subject, statement.verb, statement.middle, statement.preposition)
            before = latest.get(about)
            if before is not None and before[1].lower() != statement.complement.lower():
                old.add(before)
            latest[about] = (memory.id, statement.complement)
    return old


def _has_one_answer(statement: Statement) -> bool:
    if statement.lemma == "live" and statement.preposition == "in":
        return True
    named = statement.verb.endswith((" called", " named"))
    owned = re.search(
        r"['’]s \w+$|\bfavou?rite\b|\b(?:name|number|password|code|pin|birthday|address|type)\b", statement.subject
    )
    return statement.is_copula and (named or bool(owned))
