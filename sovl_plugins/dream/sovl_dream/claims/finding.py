"""Claims of a statement: what it says of the world, so that a later one can be seen to say otherwise.

A claim names a relation of somebody or something ("dog/name", "i/live in") and its value. Only relations that have one
value at a time are named; what may well be true side by side (what I like, play, have) can only be denied.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Iterator, List, Optional

from sovl_dream.claims.change import ended, now_so, stopped
from sovl_dream.claims.claim import Claim
from sovl_dream.claims.state import state_claims
from sovl_dream.claims.subject import is_name, is_new, may_be_several, whose
from sovl_dream.claims.values import differ, plain_value, same
from sovl_dream.claims.words import HABITS
from sovl_dream.statement import PREPOSITIONS, Statement

#: Says when, or with whom, something is done.
_WHEN = re.compile(r"^(?:on|at|in|with|for|after|before|during)$")
_AT_TIMES = re.compile(
    r"^(.+?) (?:(?:on|at|in|with|for|after|before|during) .+|every .+|(?:once|twice|three times) an? .+)$"
)
_NEGATION = re.compile(r"^(?:not|no longer|never)(?: |$)")


def claims_of(statement: Statement) -> List[Claim]:
    """Return what a statement claims; nothing for most of what is past, planned, or only possible."""
    statement = _without_again(statement)
    denied = _without_negation(statement)
    if denied is not None:
        return [replace(claim, holds=False) for claim in _claims(denied, denied=True)]
    found = [replace(claim, newly=claim.newly or is_new(statement.subject)) for claim in _claims(statement)]
    for since in now_so(statement):
        found += _claims(since)
    for before in stopped(statement):
        found += [replace(claim, holds=False) for claim in _claims(before, denied=True)]
    return found + ended(statement)


def contradicts(new: Claim, old: Claim) -> bool:
    """Return True when a claim takes the place of an older one; where that is not sure, it does not."""
    if new.about != old.about or (not old.holds and not new.holds):
        return False
    if not new.holds:
        return not new.value or same(new.kind, old.value, new.value)
    if not old.holds:
        return bool(old.value) and same(new.kind, old.value, new.value)
    return (new.newly or (new.certain and old.certain)) and differ(new.kind, old.value, new.value)


def rivals(one: Claim, other: Claim) -> bool:
    """Return True where two claims may not hold side by side, and neither is said to take the other's place.

    Of those of whom there may be several nothing is known: two sisters have two names. A key may be in the kitchen and
    in the drawer; an office in Lund is none in Oslo.
    """
    who, _, relation = one.about.partition("/")
    alike = one.about == other.about and one.holds and other.holds and not (one.newly or other.newly)
    # Who lives with their parents may live with two cats.
    if not alike or may_be_several(who) or relation == "live with":
        return False
    if relation == "where":
        places = [re.sub(rf"^(?:{PREPOSITIONS}) ", "", claim.value) for claim in (other, one)]
        return all(map(is_name, places)) and differ("place", *places)
    return differ(one.kind, other.value, one.value)


def hardly_both(claim: Claim) -> bool:
    """Return True where of two rivals one is wrong, most likely: two numbers of the same, two names."""
    return claim.kind in ("number", "proper")


def _claims(statement: Statement, denied: bool = False) -> List[Claim]:
    found = [*state_claims(statement), *_predicate(statement, denied)]
    return [replace(claim, newly=statement.newly) for claim in found]


def _predicate(s: Statement, denied: bool) -> Iterator[Claim]:
    """Yield the statement itself as a claim, which "not" contradicts and nothing else."""
    if s.auxiliary not in ("do", "does", "is", "are", "am", "can", "have", "has"):
        return
    possible = "can " if s.auxiliary == "can" else "have " if s.auxiliary in ("have", "has") else ""
    verb = "be" if s.is_copula else s.lemma
    who, value = whose(s.subject), plain_value(s.complement)
    about = f"{who}/{possible}{verb}"
    yield Claim(f"{about}/{s.middle}/{s.preposition}/{value}", s.complement)
    # "I eat meat on Fridays" is contradicted by "I don't eat meat", not the other way round.
    if not denied and s.middle and _WHEN.match(s.preposition) and not s.is_copula:
        placed = re.match(rf"^({PREPOSITIONS}) (.+)$", s.middle)
        before, shorter_value = placed.groups() if placed else ("", s.middle)
        yield Claim(f"{about}//{before}/{plain_value(shorter_value)}", shorter_value)
    shorter = None if denied else _AT_TIMES.match(s.complement)
    if shorter:
        yield Claim(f"{about}/{s.middle}/{s.preposition}/{plain_value(shorter.group(1))}", shorter.group(1))
    if who == "i" and s.lemma in HABITS and not possible and not s.middle and not s.preposition:
        yield Claim(f"i/*/{value}", s.complement)


def _without_again(s: Statement) -> Statement:
    """Return "I eat meat", said to hold now, for "I eat meat again"."""
    still = re.sub(r" again$", "", s.complement)
    return (
        s
        if still == s.complement or s.auxiliary in ("did", "was", "were")
        else replace(s, complement=still, newly=True)
    )


def _without_negation(s: Statement) -> Optional[Statement]:
    """Return what a statement denies; None where it denies nothing."""
    if s.is_copula and _NEGATION.match(s.middle):
        middle = _NEGATION.sub("", s.middle)
        named = re.match(r"^(called|named) (.+)$", s.complement)
        if named and not middle:
            return replace(s, middle="", verb=f"{s.auxiliary} {named.group(1)}", complement=named.group(2))
        return replace(s, middle=middle)
    if not s.is_copula and _NEGATION.match(s.lemma):
        lemma = _NEGATION.sub("", s.lemma)
        return replace(s, lemma=lemma, verb=lemma) if lemma else None
    return None
