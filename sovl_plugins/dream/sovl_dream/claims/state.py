"""What a statement in the present tense claims of those relations that have one value at a time."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Iterator

from sovl_dream.claims.claim import Claim
from sovl_dream.claims.subject import head, is_name, may_be_several, thing, whose
from sovl_dream.claims.values import date_parts, is_place, number_in
from sovl_dream.claims.words import ATTRIBUTES, BRANDED, DIGITS, NUMBERS, ONE_DAY, ONE_PERSON, SEVERAL
from sovl_dream.lexicon import OCCUPATION
from sovl_dream.statement import LONG_PLACES, PLACES, Statement

_PLACES = (*PLACES.split("|"), *LONG_PLACES.split("|"))
_KEEPING = ("keep", "store", "hide", "put", "leave", "park")
#: What is said of a thing, rather than what it is: "my password is too weak".
_JUDGED = re.compile(
    r"^(?:not|very|too|so|really|quite|rather|always|about|still|easy|hard|weak|strong|long|short|secret|the same|"
    r"boring|great|difficult|interesting|nice|good|bad|fine|soon|near|close|wrong|right|expired|lost|important|safe|old|new|"
    r"different|unknown|missing|high|low|due|coming|over)\b"
)
_MARITAL = ("single", "married", "divorced", "engaged", "widowed")
_COUNTED = re.compile(r"^(\w+) ([a-z]+s|children|people)$")
#: Ends the name of a place or an employer.
_FURTHER = r"(?: (?:since|for|with|near|because|together|as|but|at|on|by|in|from|while|when|and)\b.*)?$"


def state_claims(statement: Statement) -> Iterator[Claim]:
    """Yield the claims of a positive statement about how things are."""
    statement = _lasting_now(statement)
    if statement.auxiliary in ("is", "are", "am"):
        yield from _of_self(statement) if whose(statement.subject) == "i" else _of_others(statement)
    elif statement.auxiliary == "was" and statement.middle == "born":
        yield from _born(statement)
    elif statement.auxiliary in ("do", "does") or _lasting(statement) or statement.lemma in _KEEPING:
        yield from _of_doing(statement)


def rest_of(statement: Statement) -> str:
    """Return what follows the verb."""
    return " ".join(part for part in (statement.middle, statement.preposition, statement.complement) if part)


def _lasting(statement: Statement) -> bool:
    """Return True for "I have lived in Oslo since 2010"."""
    return statement.auxiliary in ("have", "has") and re.search(r"\b(?:since|for)\b", rest_of(statement)) is not None


def _lasting_now(s: Statement) -> Statement:
    """Return "I live in Oslo" for "I'm living in Oslo" and "I'm based in Oslo"."""
    lasting = re.match(r"^(?:currently )?(living|based|working)$", s.middle) if s.is_copula else None
    if lasting is None or s.auxiliary not in ("is", "are", "am"):
        return s
    lemma = "work" if lasting.group(1) == "working" else "live"
    return replace(s, verb=lemma, lemma=lemma, auxiliary="do", middle="")


def _of_self(s: Statement) -> Iterator[Claim]:
    value = rest_of(s)
    if s.verb.endswith((" called", " named")):
        # "Call me Annie": her name is Ann as before.
        yield Claim("i/name", value, certain=False)
    elif s.preposition == "from" and not s.middle:
        yield Claim("i/from", s.complement, "place")
    elif re.fullmatch(rf"an? (?:\w+ )?(?:{OCCUPATION})", value):
        yield Claim("i/job", value, certain=False)
    elif value.lower() in _MARITAL:
        yield Claim("i/marital status", value)
    elif is_name(value):
        yield Claim("i/name", value, certain=False)
    elif _is_age(value):
        yield Claim("i/age", value, "number")


def _of_others(s: Statement) -> Iterator[Claim]:
    value, who, what = rest_of(s), whose(s.subject), thing(s.subject)
    noun, one = head(what), s.auxiliary == "is"
    owner = re.match(r"^(.+)['’]s name$|^the name of (.+)$|^(?:my|our) name$", s.subject)
    own = re.match(r"^((?:my|our) .+?)(['’]s name)?$", s.complement)
    if s.verb.endswith((" called", " named")):
        yield Claim(f"{who}/name", s.complement, certain=not may_be_several(who))
    elif owner:
        who = whose(owner.group(1) or owner.group(2) or "I")
        yield Claim(f"{who}/name", value, certain=not may_be_several(who))
    elif is_name(s.subject) and own and not s.preposition:
        # "Tamsin is my boss", "Rex is my dog's name".
        who = thing(own.group(1))
        if own.group(2) or head(who) in ONE_PERSON:
            yield Claim(f"{who}/name", s.subject)
    elif noun in ONE_PERSON | SEVERAL and is_name(value):
        yield Claim(f"{who}/name", value, certain=not may_be_several(what))
    elif noun in ONE_DAY or (one and date_parts(value)):
        yield Claim(f"{what}/when", value, "date", certain=noun in ONE_DAY)
    elif one and _JUDGED.match(value):
        return
    elif one and re.search(r"\bfavourite \w+$", what):
        yield Claim(f"{what}/is", value)
    elif one and noun in ("job", "profession", "occupation"):
        if re.match(r"an? ", value):
            yield Claim(f"{' '.join(what.split()[:-1]) or 'i'}/job", value)
    elif one and noun in BRANDED and re.match(r"an? .*[A-Z]", value):
        yield Claim(f"{what}/brand", value, "brand")
    elif one and noun in ATTRIBUTES and not s.preposition:
        yield Claim(f"{what}/is", value, _kind(noun, value))
    elif one and s.preposition in _PLACES and not s.middle and not is_name(s.subject):
        yield Claim(f"{what}/where", value, certain=False)
    elif _is_age(value):
        yield Claim(f"{who}/age", value, "number", certain=not may_be_several(who))
    elif one and re.match(r"(?:my|our|the) ", s.subject) and is_name(value) and not s.preposition:
        yield Claim(f"{what}/is", value, "proper", certain=False)


def _kind(noun: str, value: str) -> str:
    if noun in DIGITS or (noun == "address" and "@" in value):
        return "digits"
    return "number" if noun in ("age", "height", "weight", "size", "salary", "rent") else "text"


def _is_age(value: str) -> bool:
    words = re.sub(r" years old$", "", value.lower()).replace("-", " ").split()
    return 0 < len(words) <= 2 and all(word in NUMBERS or re.fullmatch(r"\d{1,3}", word) for word in words)


def _born(s: Statement) -> Iterator[Claim]:
    when = f"{s.preposition} {s.complement}"
    if date_parts(when):
        yield Claim(f"{whose(s.subject)}/born when", when, "date")
    elif s.preposition == "in":
        yield Claim(f"{whose(s.subject)}/born where", s.complement, "place")


def _of_doing(s: Statement) -> Iterator[Claim]:
    who, rest = whose(s.subject), rest_of(s)
    lemma = s.lemma.split()[-1]
    several = may_be_several(who)
    if lemma in ("live", "reside", "lived"):
        place = re.match(rf"^in (.+?){_FURTHER}", rest)
        street = re.match(r"^(?:at|on|in) (.*\d.*)$", rest)
        if place and is_place(place.group(1)):
            yield Claim(f"{who}/live in", place.group(1), "place", certain=not several)
        elif street and not re.match(r"^in\b", rest):
            yield Claim(f"{who}/live at", street.group(1), certain=not several)
        elif s.lemma == "live" and re.match(r"^(?:alone\b|with )", rest):
            yield Claim(f"{who}/live with", rest, certain=False)
    elif lemma == "work":
        yield from _work(who, rest, not several)
    elif lemma in _KEEPING and s.middle and s.preposition in _PLACES:
        what = thing(s.middle)
        if re.match(r"(?:my|our|the) ", s.middle) and not date_parts(s.complement):
            surely = lemma in ("keep", "store", "hide") and not head(what).endswith("s")
            yield Claim(f"{what}/where", f"{s.preposition} {s.complement}", certain=surely)
    elif lemma == "drive" and re.match(r"an? .*[A-Z]", rest):
        yield Claim("car/brand" if who == "i" else f"{who} car/brand", rest, "brand", certain=False)
    elif lemma in ("leave", "depart", "start", "begin", "arrive", "open", "close", "end") and who != "i":
        if re.match(r"(?:my|our|the) ", s.subject) and date_parts(rest):
            yield Claim(f"{thing(s.subject)}/{lemma} when", rest, "date", certain=False)
    elif s.auxiliary == "does" and date_parts(rest).keys() & {"month", "day", "year"}:
        yield Claim(f"{who}/{lemma} when", rest, "date", certain=False)
    elif lemma in ("have", "got"):
        counted = _COUNTED.match(rest)
        if counted and number_in(counted.group(1)):
            yield Claim(f"{who}/number of {counted.group(2)}", counted.group(1), "number", certain=False)
    elif lemma == "weigh" and number_in(rest):
        yield Claim(f"{who}/weight", rest, "number", certain=not several)


def _work(who: str, rest: str, certain: bool) -> Iterator[Claim]:
    job = re.search(rf"(?:^| )as (.+?){_FURTHER}", rest)
    if job:
        yield Claim(f"{who}/job", job.group(1), certain=certain)
    employer = re.search(rf"^(?:at|for) (.+?){_FURTHER}", rest)
    if employer and not re.search(r"^(?:home|night|nights|weekends)\b|\d", employer.group(1)):
        yield Claim(f"{who}/employer", employer.group(1), "proper", certain=certain)
    place = re.match(rf"^in ([A-Z][\w'’-]*(?: [A-Z][\w'’-]*)*){_FURTHER}", rest)
    if place:
        yield Claim(f"{who}/work in", place.group(1), "place", certain=certain)
