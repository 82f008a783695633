"""The facts of an evaluation: what is told, what is asked, which answers are right; read from JSONL and checked.

A line is ``{"tell": ..., "ask": [...], "answer": [...], "reverse": {"ask": ..., "answer": [...]}}``. ``reverse`` is
optional. A line without ``tell`` asks about something never told; its ``answer`` is empty. A line with ``tell`` alone
is told and not asked about.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Dict, List, Optional, Sequence, Tuple, Union

from sovl_core.data_loader import json_objects, kind_of, refuse_lines, texts_of
from sovl_core.error_handling import BadInput, DataError
from sovl_core.spelling import did_you_mean

KEYS = ("tell", "ask", "answer", "reverse")
REVERSE_KEYS = ("ask", "answer")
EXAMPLE = (
    'Each line must be like {"tell": "My dog\'s name is Rex.", "ask": ["What is my dog called?"], "answer": ["Rex"]}, '
    'or, for something never told, {"ask": ["How old is my horse?"], "answer": []}'
)


@dataclass(frozen=True)
class Asked:
    """Questions about one thing in different words; any of ``answers`` within a reply makes it right."""

    questions: Tuple[str, ...]
    answers: Tuple[str, ...]


@dataclass(frozen=True)
class Fact:
    """Something told; ``forward`` and ``reverse`` are None where nothing is asked that way round."""

    tell: str
    forward: Optional[Asked] = None
    reverse: Optional[Asked] = None


@dataclass(frozen=True)
class FactSet:
    """All facts told, in order, the questions about things never told, and what seems wrong but could be read."""

    facts: Tuple[Fact, ...]
    never_told: Tuple[str, ...] = ()
    warnings: Tuple[str, ...] = ()

    @property
    def told_answers(self) -> Tuple[str, ...]:
        """Every accepted answer of a told fact: one of these to a never-told question is a confabulation."""
        forward = [fact.forward for fact in self.facts if fact.forward is not None]
        return tuple(dict.fromkeys(answer for asked in forward for answer in asked.answers))

    def shares(self, nights: int) -> List[Tuple[Fact, ...]]:
        """Return the facts of each night, in order, as even as they can be; earlier nights get what is left over.

        :raises BadInput: when there are more nights than facts.
        """
        if not 1 <= nights <= len(self.facts):
            raise BadInput(
                f"{len(self.facts)} facts cannot be spread over {nights} nights: each night needs something to learn",
                f"Choose --nights from 1 to {len(self.facts)}",
            )
        each, more = divmod(len(self.facts), nights)
        shares, start = [], 0
        for night in range(nights):
            end = start + each + (1 if night < more else 0)
            shares.append(self.facts[start:end])
            start = end
        return shares


def holds(reply: str, answers: Sequence[str]) -> bool:
    """Return True when any accepted answer occurs in the reply, ignoring case."""
    said = reply.casefold()
    return any(answer.casefold() in said for answer in answers)


def load_facts(path: Union[str, Path]) -> FactSet:
    """Read the facts of an evaluation.

    :raises DataError: when the file cannot be read, nothing is told or asked in it, or a line is wrong; each wrong line
        is named by its number.
    """
    facts: List[Fact] = []
    never_told: List[str] = []
    problems: List[str] = []
    warnings: List[str] = []
    for number, entry, problem in json_objects(path):
        try:
            if entry is None:
                raise ValueError(problem)
            found = _fact(entry)
        except ValueError as error:
            problems.append(f"{path}, line {number}: {error}")
            continue
        warnings += [f"{path}, line {number}: {text}" for text in _unknown_keys(entry)]
        if isinstance(found, Fact):
            facts.append(found)
        else:
            never_told += found
    refuse_lines(problems, EXAMPLE)
    if not facts:
        raise DataError(f"{path}: nothing is told in it, so there is nothing to learn", EXAMPLE)
    if all(fact.forward is None and fact.reverse is None for fact in facts):
        raise DataError(f"{path}: nothing that is told in it is asked about", EXAMPLE)
    return FactSet(tuple(facts), tuple(never_told), tuple(warnings))


def _fact(entry: Dict[str, Any]) -> Union[Fact, List[str]]:
    """Return the fact of a line, or its questions where nothing is told.

    :raises ValueError: saying what is wrong.
    """
    tell = entry.get("tell")
    questions, answers = texts_of(entry, "ask"), texts_of(entry, "answer")
    if tell is None:
        if not questions:
            raise ValueError('neither "tell" nor "ask"')
        if answers:
            raise ValueError('an "answer" without "tell": what was never told has none')
        if entry.get("reverse") is not None:
            raise ValueError('"reverse" without "tell"')
        return questions
    if not isinstance(tell, str):
        raise ValueError(f'"tell" must be text, this is {kind_of(tell)}')
    if not tell.strip():
        raise ValueError('"tell" is empty')
    return Fact(tell, _asked(questions, answers), _reverse(entry.get("reverse")))


def _reverse(value: Any) -> Optional[Asked]:
    if value is None:
        return None
    if not isinstance(value, dict):
        raise ValueError(f'"reverse" must be an object, this is {kind_of(value)}')
    found = _asked(texts_of(value, "ask", "reverse."), texts_of(value, "answer", "reverse."), "reverse.")
    if found is None:
        raise ValueError('"reverse" asks nothing')
    return found


def _asked(questions: List[str], answers: List[str], prefix: str = "") -> Optional[Asked]:
    if questions and not answers:
        raise ValueError(f'"{prefix}answer" is empty: no reply could be right')
    if answers and not questions:
        raise ValueError(f'"{prefix}answer" without "{prefix}ask"')
    return Asked(tuple(questions), tuple(answers)) if questions else None


def _unknown_keys(entry: Dict[str, Any]) -> List[str]:
    reverse = entry.get("reverse")
    found: List[Tuple[str, Tuple[str, ...]]] = [(key, KEYS) for key in entry if key not in KEYS]
    found += [(key, REVERSE_KEYS) for key in reverse or () if key not in REVERSE_KEYS]
    return [f"{key!r} is left out of account. {did_you_mean(key, known)}".strip() for key, known in found]
