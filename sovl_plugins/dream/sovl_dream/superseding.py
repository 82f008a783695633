"""A newer statement takes the place of the older one that it contradicts: both stay in the journal, one is taught."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Callable, Dict, Iterable, List, Sequence, Set, Tuple

from sovl_dream.answers import with_question
from sovl_dream.asking_which import ask_which
from sovl_dream.claims.index import ClaimIndex
from sovl_dream.contradiction import Contradiction, Told, contradictions, doubts, told_in, wholly
from sovl_dream.verification import TOLD_OTHERWISE, holds
from sovl_dream.writer import said_back, taught_as

if TYPE_CHECKING:
    from sovl_core.journal import Journal
    from sovl_core.records import Episode


def supersede(journal: Journal, memories: Sequence[Episode], breathe: Callable[[], None] = lambda: None) -> Set[int]:
    """Mark in the journal what memories contradict, told before or among them; return the superseded ones.

    A memory of which something still holds is not superseded: the dreams of what does not are rejected. Where two were
    told on one day and neither is known to take the other's place, the user is asked which is so.

    :param memories: what no night has looked at yet.
    :param breathe: called between pieces of work.
    """
    index = ClaimIndex.load(journal) or ClaimIndex.build(journal, breathe)
    told: Dict[int, List[Told]] = {}
    memories = [with_question(memory, journal) for memory in memories]
    for memory in memories:
        breathe()
        told[memory.id] = told_in(memory)
        index.add(told[memory.id])
    related = _related(journal, index, memories, told)
    found = contradictions([*memories, *related])
    superseded: Set[int] = set()
    for memory in (*memories, *related):
        gone = [one for one in found if one.old.memory == memory.id]
        statements = told.get(memory.id) or told_in(memory)
        newest = max((one.new for one in gone), default=memory.id)
        if newest > memory.id and wholly(memory.id, statements, gone):
            journal.supersede(memory.id, newest)
            superseded.add(memory.id)
        elif gone:
            _reject(journal, memory.id, gone, statements)
    for doubt in doubts(memories):
        ask_which(journal, doubt)
    index.save(journal)
    return superseded


def outdated(journal: Journal, memories: Sequence[Episode]) -> Set[Tuple[int, str]]:
    """Return (memory, what it would be taught as) of the statements that something told later contradicts."""
    index = ClaimIndex.load(journal) or ClaimIndex()
    memories = [with_question(memory, journal) for memory in memories]
    told = {memory.id: told_in(memory) for memory in memories}
    found = contradictions([*memories, *_related(journal, index, memories, told)])
    return {(one.old.memory, taught) for one in found for taught in taught_as(one.old.statement)}


def forget(journal: Journal, memories: Iterable[int]) -> None:
    """Leave no trace of memories that are gone from the journal."""
    index = ClaimIndex.load(journal)
    if index is not None:
        index.drop(frozenset(memories))
        index.save(journal)


def _related(
    journal: Journal, index: ClaimIndex, memories: Sequence[Episode], told: Dict[int, List[Told]]
) -> List[Episode]:
    """Return the other memories that claim something about the same and are not superseded.

    And those that claim something about the same as these: of a memory that tells two things both may be gone by now.
    """
    found: Dict[int, Episode] = {memory.id: memory for memory in memories}
    missing: Set[int] = set()
    fresh = [one for statements in told.values() for one in statements]
    for _ in range(2):
        near = []
        for number in sorted(index.related(fresh) - found.keys() - missing):
            memory = journal.episode(number)
            if memory is None:
                missing.add(number)
            elif memory.superseded_by is None and memory.learnable:
                near.append(with_question(memory, journal))
        found.update((memory.id, memory) for memory in near)
        fresh = [one for memory in near for one in told_in(memory)]
    index.drop(missing)
    return [memory for memory in found.values() if memory.id not in told]


def _reject(journal: Journal, memory: int, gone: Sequence[Contradiction], statements: Sequence[Told]) -> None:
    """Reject the dreams of what a memory tells that is not so any more; what still holds is told without it."""
    old = {one.old.statement for one in gone}
    taught = {sentence for statement in old for sentence in taught_as(statement)}
    still = {said_back(one.statement.complement) for one in statements if one.statement not in old}
    news = {said_back(statement.complement) for statement in old} - still
    for dream in journal.dreams(episode=memory, limit=None, oldest_first=True):
        if dream.verdict != "accepted" or not (dream.answer in news or any(one in dream.completion for one in taught)):
            continue
        assert dream.id is not None
        journal.update_dream(dream.id, "rejected", TOLD_OTHERWISE)
        rest = _without(dream.completion, taught)
        if rest and dream.answer not in news and holds(rest, dream.answer):
            journal.add_dreams(dream.night, [replace(dream, completion=rest)])


def _without(answer: str, sentences: Iterable[str]) -> str:
    for sentence in sentences:
        answer = answer.replace(sentence, "")
    return " ".join(answer.split())
