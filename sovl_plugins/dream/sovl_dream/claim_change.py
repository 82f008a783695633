"""Statements that tell of a change, restated as what is so since: "I moved to Oslo" as "I live in Oslo"."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Iterator, List

from sovl_dream import verbs
from sovl_dream.claim_state import rest_of
from sovl_dream.claim_types import Claim
from sovl_dream.claim_values import is_place, plain_value
from sovl_dream.lexicon import OCCUPATION
from sovl_dream.statement import Statement, parse_statement

#: How long ago it was: that something has changed since then is well possible.
_LONG_AGO = re.compile(
    r"\b(?:19|20)\d\d\b|\bago\b|\bwhen\b|\bas a (?:child|kid|student|teenager)\b|\bfor (?:a|an|the|one|two)\b"
)
_LATELY = r"(?: (?:last|this|in|on|with|for|because|recently|yesterday|today|after|together)\b.*)?$"
_OTHERWISE = ("change", "changed", "switch", "switched", "reset", "update", "updated")
_TAKING = ("get", "got", "start", "started", "find", "found", "take", "taken", "accept", "accepted", "land", "landed")
_SHIFTED = r"(?:moved|changed|postponed|rescheduled|pushed|shifted|switched)"


def now_so(statement: Statement) -> Iterator[Statement]:
    """Yield what is so since the change that a statement tells of; nothing where it tells of none."""
    lemma, rest = statement.lemma.split()[-1], rest_of(statement)
    if statement.auxiliary not in ("did", "have", "has", "was", "is") or _LONG_AGO.search(rest):
        return
    shifted = re.match(rf"^(?:been )?{_SHIFTED}(?: from .+?)? to (.+)$", f"{statement.verb.split()[-1]} {rest}")
    shifted = shifted or re.match(rf"^(?:been )?{_SHIFTED}(?: from .+?)? to (.+)$", rest)
    if shifted and not statement.speaks_of_self and re.match(r"(?:my|our|the) ", statement.subject):
        yield from _parsed(f"{statement.subject} is {shifted.group(1)}")
    if lemma in ("move", "moved", "relocate", "relocated"):
        yield from _moved(statement, rest)
    elif lemma in _OTHERWISE:
        other = re.match(r"^((?:my|our|the) .+?)(?: from .+?)? to (.+)$", rest)
        yield from _parsed(f"{other.group(1)} is {other.group(2)}") if other else ()
    elif lemma in ("rename", "renamed"):
        other = re.match(r"^((?:my|our|the) [a-z]+)(?: [A-Z]\w+)? (?:to |as )?([A-Z].*)$", rest)
        yield from _parsed(f"{other.group(1)} is called {other.group(2)}") if other else ()
    elif lemma in ("turn", "turned"):
        age = re.match(r"^([\w-]+)(?: years old| last \w+| this \w+| today| yesterday| in \w+| on \w+)*$", rest)
        yield from [_turned(statement, "is", age.group(1))] if age else ()
    elif lemma in _TAKING:
        job = re.search(r"^(?:an?|the|my) (?:new )?(?:job|position) (at|for|with|as) (.+)$", rest)
        job = job or re.search(r"^working (at|for|as) (.+)$", rest)
        if job:
            yield _turned(statement, "work", job.group(2), "at" if job.group(1) == "with" else job.group(1))
    elif lemma in ("become", "became") and re.fullmatch(rf"an? (?:\w+ )?(?:{OCCUPATION})", rest):
        yield _turned(statement, "work", rest, "as")


def ended(statement: Statement) -> List[Claim]:
    """Return what is said to be so no more, other than by "not": a job that was left, tea given up for coffee."""
    lemma, rest = statement.lemma.split()[-1], rest_of(statement)
    left = lemma in ("quit", "leave", "left", "lose", "lost") and re.match(r"^my job\b", rest)
    out_of_work = statement.auxiliary == "am" and rest in ("retired", "unemployed", "out of work")
    if statement.speaks_of_self and (left or out_of_work):
        return [Claim(f"i/{relation}", "", holds=False) for relation in ("job", "employer")]
    given_up = re.match(r"^from (.+?) to .+$", rest) if lemma in ("switch", "switched", "change", "changed") else None
    if statement.speaks_of_self and given_up:
        return [Claim(f"i/*/{plain_value(given_up.group(1))}", given_up.group(1), holds=False)]
    return []


def stopped(statement: Statement) -> List[Statement]:
    """Return what was done before it was stopped: "I stopped playing chess" gives "I play chess"."""
    lemma, rest = statement.lemma.split()[-1], rest_of(statement)
    doing = (
        re.match(r"^(?:up )?(\w+)ing (.+)$", rest) if lemma in ("stop", "stopped", "quit", "give", "given") else None
    )
    if doing is None:
        return []
    stem, what = doing.groups()
    for infinitive in (stem, f"{stem}e", stem[:-1]):
        if verbs.is_infinitive(infinitive):
            found = parse_statement(f"I {infinitive} {what}")
            return [replace(found, subject=statement.subject)] if found else []
    return []


def _moved(statement: Statement, rest: str) -> Iterator[Statement]:
    home = re.match(rf"^(?:back )?(?:from .+? )?(?:back )?to (.+?){_LATELY}", rest)
    what = re.match(r"^((?:my|our|the) .+?)(?: from .+?)? (to|into|under|behind|onto|on) (.+)$", rest)
    if home and is_place(home.group(1)) and not re.search(r"ing$|^(?:work|bed|sleep)$", home.group(1)):
        yield _turned(statement, "live", home.group(1), "in")
    elif what:
        place = {"to": "in", "into": "in", "onto": "on"}.get(what.group(2), what.group(2))
        yield replace(_turned(statement, "put", what.group(3), place), middle=what.group(1))


def _turned(statement: Statement, lemma: str, complement: str, preposition: str = "") -> Statement:
    auxiliary = ("am" if statement.speaks_of_self else "is") if lemma == "is" else "do"
    verb = auxiliary if lemma == "is" else lemma
    return replace(
        statement,
        verb=verb,
        lemma=lemma,
        auxiliary=auxiliary,
        middle="",
        preposition=preposition,
        complement=complement,
        newly=True,
    )


def _parsed(sentence: str) -> Iterator[Statement]:
    found = parse_statement(sentence)
    if found is not None:
        yield replace(found, newly=True)
