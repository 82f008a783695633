"""Statements that tell of a change, restated as what is so since: "I moved to Oslo" as "I live in Oslo"."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Iterator, List

from sovl_dream import verbs
from sovl_dream.claims.claim import Claim
from sovl_dream.claims.state import rest_of
from sovl_dream.claims.values import date_parts, is_place, number_in, plain_value
from sovl_dream.lexicon import OCCUPATION
from sovl_dream.statement import Statement, is_plural, parse_statement

#: How long ago it was: that something has changed since then is well possible.
_LONG_AGO = re.compile(
    r"\b(?:19|20)\d\d\b|\bago\b|\bwhen\b|\bas a (?:child|kid|student|teenager)\b|\bfor (?:a|an|the|one|two)\b"
)
_LATELY = r"(?: (?:last|this|in|on|with|for|because|recently|yesterday|today|after|together)\b.*)?$"
#: They move, and do not live where they are then.
_PREMISES = re.compile(
    r"^(?:my|our|the) (?:\w+ )?(?:office|company|firm|department|shop|store|school|university|club|gym|practice|bank|"
    r"headquarters|restaurant|studio|lab|library|clinic)$"
)
_OTHERWISE = ("change", "changed", "switch", "switched", "reset", "update", "updated")
_TAKING = ("get", "got", "start", "started", "find", "found", "take", "taken", "accept", "accepted", "land", "landed")
_SHIFTED = r"(?:moved|changed|postponed|rescheduled|pushed|shifted|switched)"


def now_so(statement: Statement) -> List[Statement]:
    """Return what is so since the change that a statement tells of; nothing where it tells of none."""
    if statement.auxiliary not in ("do", "did", "have", "has", "was", "is") or _LONG_AGO.search(rest_of(statement)):
        return []
    parsed = (parse_statement(sentence) for sentence in _since(statement, rest_of(statement)))
    return [replace(found, newly=True) for found in parsed if found is not None]


def _since(s: Statement, rest: str) -> Iterator[str]:
    """Yield sentences that say what is so since a change."""
    lemma = s.lemma.split()[-1]
    shifted = re.match(
        rf"^(?:been )?{_SHIFTED}(?: from .+?)? to (.+)$", f"{'' if s.is_copula else lemma} {rest}".strip()
    )
    # "My parents have moved to Spain" is another thing than "my meeting has moved to Friday".
    by_itself = shifted and lemma in ("move", "moved") and not date_parts(shifted.group(1))
    to_a_place = shifted and "moved" in rest and re.match(r"(?:an?|the) ", shifted.group(1))
    placed = to_a_place and shifted and not date_parts(shifted.group(1))
    if shifted and not by_itself and not placed and re.match(r"(?:my|our|the) ", s.subject):
        yield f"{s.subject} is {_when(shifted.group(1))}"
    if lemma in ("move", "moved", "relocate", "relocated") and s.auxiliary != "do":
        yield from _moved(s, rest)
    elif s.auxiliary == "do" and lemma != "have":
        return  # what somebody does again and again changes nothing
    elif lemma in _OTHERWISE:
        other = re.match(r"^((?:my|our|the) .+?)(?: from .+?)? to (.+)$", rest)
        if other:
            yield f"{other.group(1)} is {_when(other.group(2))}"
    elif lemma in ("rename", "renamed"):
        other = re.match(r"^((?:my|our|the) [a-z]+)(?: [A-Z]\w+)? (?:to |as )?([A-Z].*)$", rest)
        if other:
            yield f"{other.group(1)} is called {other.group(2)}"
    elif lemma in ("turn", "turned"):
        age = re.match(r"^([\w-]+)(?: years old| last \w+| this \w+| today| yesterday| in \w+| on \w+)*$", rest)
        if age and number_in(age.group(1)):
            yield f"{_with_verb(s.subject, 'be')} {age.group(1)}"
    elif lemma == "have" or (lemma in _TAKING and re.match(r"^a new .+?[:,] ", rest)):
        new = re.match(r"^a new (.+?)[:,] (?:it['’]?s |it is |namely )?(.+)$", rest)
        if new and s.speaks_of_self:
            yield f"my {new.group(1)} is {new.group(2)}"
    elif lemma in ("get", "got") and re.match(r"^(?:married|engaged|divorced)\b", rest):
        yield f"{_with_verb(s.subject, 'be')} {rest.split()[0]}"
    elif lemma in _TAKING:
        job = re.search(r"^(?:an?|the|my) (?:new )?(?:job|position) (at|for|with|as) (.+)$", rest)
        job = job or re.search(r"^working (at|for|as) (.+)$", rest)
        if job:
            where = "at" if job.group(1) == "with" else job.group(1)
            yield f"{_with_verb(s.subject, 'work')} {where} {job.group(2)}"
    elif lemma in ("become", "became") and re.fullmatch(rf"an? (?:\w+ )?(?:{OCCUPATION})", rest):
        yield f"{_with_verb(s.subject, 'work')} as {rest}"


def ended(statement: Statement) -> List[Claim]:
    """Return what is said to be so no more, other than by "not": a job that was left, tea given up for coffee."""
    lemma, rest = statement.lemma.split()[-1], rest_of(statement)
    left = lemma in ("quit", "leave", "left", "lose", "lost") and re.match(r"^my job\b", rest)
    out_of_work = statement.auxiliary == "am" and rest in ("retired", "unemployed", "out of work")
    if statement.speaks_of_self and (left or out_of_work):
        return [Claim(f"i/{relation}", "", holds=False) for relation in ("job", "employer")]
    sold = re.match(r"^(?:my|our|the) ((?:\w+ )?\w+)\b", rest) if lemma in ("sell", "sold") else None
    if statement.speaks_of_self and sold and statement.auxiliary in ("did", "have"):
        thing_sold = plain_value(sold.group(1).split(" and")[0])
        return [Claim(f"i/{had}/{thing_sold}", thing_sold, holds=False) for had in ("*", "have//", "own//")]
    dropped = re.match(r"^up ([a-z]+)$", rest) if lemma in ("give", "given") and statement.auxiliary != "do" else None
    if statement.speaks_of_self and dropped and not dropped.group(1).endswith("ing"):
        return [Claim(f"i/*/{dropped.group(1)}", dropped.group(1), holds=False)]
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


def _moved(s: Statement, rest: str) -> Iterator[str]:
    home = re.match(rf"^(?:back )?(?:from .+? )?(?:back )?to (.+?){_LATELY}", rest)
    what = re.match(r"^((?:my|our|the) .+?)(?: from .+?)? (to|into|under|behind|onto|on) (.+)$", rest)
    town = home.group(1) if home else ""
    if town and is_place(town) and not date_parts(town) and not re.search(r"ing$|^(?:work|bed|sleep)$", town):
        verb = "be" if _PREMISES.search(s.subject) else "live"
        yield f"{_with_verb(s.subject, verb)} in {town}"
    elif what and date_parts(what.group(3)):
        yield f"{what.group(1)} is {_when(what.group(3))}"
    elif what:
        place = {"to": "in", "into": "in", "onto": "on"}.get(what.group(2), what.group(2))
        yield f"{what.group(1)} is {place} {what.group(3)}"


def _with_verb(subject: str, verb: str) -> str:
    """Return subject and verb in the present tense: "my sister works", "we are"."""
    several = subject in ("I", "we") or is_plural(subject.split())
    if verb == "be":
        return f"{subject} {'am' if subject == 'I' else 'are' if several else 'is'}"
    return f"{subject} {verb if several else f'{verb}s'}"


def _when(value: str) -> str:
    """Return a day or time with its preposition: "on Friday", "at noon"; other values as they are."""
    parts = date_parts(value)
    if not parts or re.match(r"(?:in|on|at|the) |\d", value):
        return value
    if "time" in parts:
        return f"at {value}"
    return f"on {value}" if "weekday" in parts or "day" in parts else f"in {value}"
