"""Which statements a later one contradicts, within some memories."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Dict, Iterable, List, Optional, Sequence, Tuple

from sovl_core.records import Episode
from sovl_dream.claims.claim import Claim
from sovl_dream.claims.finding import claims_of, contradicts, hardly_both, rivals
from sovl_dream.memories import statements_in
from sovl_dream.statement import Statement


@dataclass(frozen=True)
class Told:
    """A statement, the memory it was told in, what it claims, and the night that learned it (None: told today)."""

    memory: int
    statement: Statement
    claims: Tuple[Claim, ...]
    night: Optional[int] = None


@dataclass(frozen=True)
class Contradiction:
    """A statement that is not so any more, and the memory that says otherwise.

    ``doubtful`` where both were told between two nights and neither is known to take the other's place; ``both_stay``
    where they may well be true side by side.
    """

    old: Told
    new: int
    doubtful: bool = False
    both_stay: bool = False


def told_in(episode: Episode) -> List[Told]:
    """Return the statements of a memory with their claims; a correction takes the place of what was said before."""
    found: List[Told] = []
    for statement in statements_in(episode):
        claims = claims_of(statement) if statement.verb else []
        if episode.source == "correction":
            claims = [Claim(**{**vars(claim), "newly": True}) for claim in claims]
        found.append(Told(episode.id, statement, tuple(claims), episode.night))
    return found


def contradictions(memories: Iterable[Episode]) -> List[Contradiction]:
    """Return what later statements contradict, each old statement once, with the latest memory that does.

    :param memories: in any order; one with a higher number was told later.
    """
    return [one for one in _compared(memories) if not one.both_stay]


def doubts(memories: Iterable[Episode]) -> List[Contradiction]:
    """Return where two answers to one question were told on one day, and only the user knows which is so."""
    return [one for one in _compared(memories) if one.doubtful]


def _compared(memories: Iterable[Episode]) -> List[Contradiction]:
    told = [told for memory in sorted(memories, key=lambda memory: memory.id) for told in told_in(memory)]
    before: Dict[str, List[Told]] = {}
    found: Dict[int, Contradiction] = {}
    for new in told:
        for claim in new.claims:
            for old in before.get(claim.about, ()):
                if any(contradicts(claim, other) for other in old.claims):
                    found[id(old)] = Contradiction(old, new.memory)
                elif _doubtful(old, new, claim) and id(old) not in found:
                    found[id(old)] = Contradiction(old, new.memory, True, both_stay=not hardly_both(claim))
        for claim in new.claims:
            before.setdefault(claim.about, []).append(new)
    return list(found.values())


def _doubtful(old: Told, new: Told, claim: Claim) -> bool:
    """Return True for two answers to one question, told on one day; in one breath both are meant."""
    return old.memory != new.memory and old.night == new.night and any(rivals(claim, other) for other in old.claims)


def wholly(memory: int, statements: Sequence[Told], found: Iterable[Contradiction]) -> bool:
    """Return True when nothing that a memory tells is left."""
    gone = {contradiction.old.statement for contradiction in found if contradiction.old.memory == memory}
    return bool(statements) and all(told.statement in gone for told in statements)
