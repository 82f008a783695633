"""Which memories claim something about what: found at once, however long the life.

Kept in the journal as numbers under hashes: what a memory says is nowhere in it. Each memory is parsed when it is new,
and again only where a later one claims something about the same.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Callable, Collection, Dict, Iterable, List, Optional, Set

from sovl_dream.answers import with_question
from sovl_dream.contradiction import Told, told_in

if TYPE_CHECKING:
    from sovl_core.journal import Journal

#: The key of the journal's value, and the version of the rules that claims were found by.
KEY, VERSION = "dream.claims", 3


class ClaimIndex:
    """Numbers of memories by what they claim something about.

    :param memories: numbers under each hash, as :meth:`save` leaves them in the journal.
    """

    def __init__(self, memories: Optional[Dict[str, List[int]]] = None) -> None:
        self._memories = {} if memories is None else memories

    @classmethod
    def load(cls, journal: Journal) -> Optional[ClaimIndex]:
        """Return the index of a life, None where there is none, or one by other rules."""
        kept = journal.get_value(KEY)
        known = isinstance(kept, dict) and kept.get("version") == VERSION
        return cls(kept["memories"]) if known else None

    @classmethod
    def build(cls, journal: Journal, breathe: Callable[[], None]) -> ClaimIndex:
        """Return an index of all that was learned before there was one: every memory is parsed, once in a life."""
        index = cls()
        for memory in journal.consolidated():
            breathe()
            index.add(told_in(with_question(memory, journal)))
        return index

    def save(self, journal: Journal) -> None:
        """Keep it in the journal."""
        journal.set_value(KEY, {"version": VERSION, "memories": self._memories})

    def add(self, told: Iterable[Told]) -> None:
        """Enter the statements of a memory; those that are there already change nothing."""
        for statement in told:
            for claim in statement.claims:
                known = self._memories.setdefault(_hash(claim.about), [])
                if statement.memory not in known:
                    known.append(statement.memory)

    def related(self, told: Iterable[Told]) -> Set[int]:
        """Return the memories that claim something about the same as any of these statements."""
        keys = {_hash(claim.about) for statement in told for claim in statement.claims}
        return {memory for key in keys for memory in self._memories.get(key, ())}

    def drop(self, memories: Collection[int]) -> None:
        """Take memories out."""
        if not memories:
            return
        kept = {key: [memory for memory in known if memory not in memories] for key, known in self._memories.items()}
        self._memories = {key: known for key, known in kept.items() if known}


def _hash(about: str) -> str:
    return hashlib.blake2b(about.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()
