"""Which statements a later one contradicts, within some memories."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Dict, Iterable, List, Sequence, Tuple

from sovl_core.records import Episode
from sovl_dream.claims.claim import Claim
from sovl_dream.claims.finding import claims_of, contradicts
from sovl_dream.memories import statements_in
from sovl_dream.statement import Statement


@dataclass(frozen=True)
class Told:
    """A statement, the memory it was told in, and what it claims."""

    memory: int
    statement: Statement
    claims: Tuple[Claim, ...]


@dataclass(frozen=True)
class Contradiction:
    """A statement that is not so any more, and the memory that says otherwise."""

    old: Told
    new: int


def told_in(episode: Episode) -> List[Told]:
    """Return the statements of a memory with their claims; a correction takes the place of what was said before."""
    found: List[Told] = []
    for statement in statements_in(episode):
        claims = claims_of(statement)
        if episode.source == "correction":
            claims = [Claim(**{**vars(claim), "newly": True}) for claim in claims]
        found.append(Told(episode.id, statement, tuple(claims)))
    return found


def contradictions(memories: Iterable[Episode]) -> List[Contradiction]:
    """Return what later statements contradict, each old statement once, with the latest memory that does.

    :param memories: in any order; one with a higher number was told later.
    """
    told = [told for memory in sorted(memories, key=lambda memory: memory.id) for told in told_in(memory)]
    before: Dict[str, List[Told]] = {}
    found: Dict[int, Contradiction] = {}
    for new in told:
        for claim in new.claims:
            for old in before.get(claim.about, ()):
                if any(contradicts(claim, other) for other in old.claims):
                    found[id(old)] = Contradiction(old, new.memory)
        for claim in new.claims:
            before.setdefault(claim.about, []).append(new)
    return list(found.values())


def wholly(memory: int, statements: Sequence[Told], found: Iterable[Contradiction]) -> bool:
    """Return True when nothing that a memory tells is left."""
    gone = {contradiction.old.statement for contradiction in found if contradiction.old.memory == memory}
    return bool(statements) and all(told.statement in gone for told in statements)
