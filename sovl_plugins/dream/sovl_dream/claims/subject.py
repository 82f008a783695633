"""Who or what a statement is about, under one name: "our wifi password" is "the password for the wifi"."""

from __future__ import annotations

import re

from sovl_dream.claims.words import ATTRIBUTES, BRANDED, NAMES_LIKE_ORIGINS, NO_NAMES, ONE_PERSON, SAME, SEVERAL
from sovl_dream.lexicon import PEOPLE

_SELF = re.compile(r"^(?:I|we)$|(?:^| )and I$|^(?:[Mm]e|I) and ")
_WITH_NAME = re.compile(rf"^(?:my|our) (?:[a-z-]+ )?(?:{PEOPLE}|dog|cat|pet|horse) ([A-Z][\w'’-]+)$")
_NAME = re.compile(
    r"^(?:(?:Dr|Mr|Mrs|Ms|Prof)\.? )?[^\W\d_a-z][\w'’-]*(?: (?:[^\W\d_a-z][\w'’.-]*|van|von|de|der|la|af|bin))*$"
)
_ORIGIN = re.compile(r"(?:ish|ese|ian|ean)$")
#: What somebody has one of, so that a new one takes its place.
_REPLACED = ONE_PERSON | ATTRIBUTES | BRANDED | {"job", "profession", "occupation", "name"}


def whose(subject: str) -> str:
    """Return one name for whoever a statement is about: "i", "dog", "orla" for "my sister Orla"."""
    named = _WITH_NAME.match(subject)
    if _SELF.search(subject):
        return "i"
    if named:
        return named.group(1).lower()
    return subject.lower() if is_name(subject) else thing(subject)


def thing(phrase: str) -> str:
    """Return one name for a thing: "the password of the wi-fi" and "my wifi password" are "wifi password"."""
    low = re.sub(r"\bwi[- ]fi\b", "wifi", phrase.lower().replace("’", "'"))
    low = low.replace("email address", "email").replace("e-mail address", "email")
    owners = re.split(r" (?:of|for|to) ", low)
    words = " ".join(reversed(owners)).split()
    words = [re.sub(r"'s?$", "", word) for word in words if word not in ("my", "our", "the", "a", "an")]
    words = [SAME.get(word, word) for word in words]
    if words and words[0] in ("new", "current", "present") and is_replaced(" ".join(words)):
        words = words[1:]
    return " ".join(words)


def head(phrase: str) -> str:
    """Return the noun that a thing is: "password" of "wifi password"; "" of nothing."""
    return phrase.split()[-1] if phrase.split() else ""


def is_replaced(phrase: str) -> bool:
    """Return True for what there is one of at a time."""
    return head(phrase) in _REPLACED or "favourite" in phrase.split()


def is_new(subject: str) -> bool:
    """Return True for "my new car", which takes the place of the old one."""
    return bool(re.match(r"^(?:my|our|the) (?:new|current|present)\b", subject)) and is_replaced(subject)


def may_be_several(name: str) -> bool:
    """Return True for those of whom a person may have several: "sister", but not "best friend"."""
    return head(name) in SEVERAL and name != "best friend"


def is_name(phrase: str) -> bool:
    """Return True for what looks like a person's or an animal's name, False for "Swedish"."""
    low = phrase.lower()
    if not _NAME.match(phrase) or low in NO_NAMES or low.startswith(("my ", "our ", "the ")):
        return False
    return " " in phrase or low in NAMES_LIKE_ORIGINS or not _ORIGIN.search(low)
