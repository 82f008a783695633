"""Does a question ask of somebody or something else than what was told?

"Where was my father born?" stands next to "I was born in Trondheim" in all that a small model makes of it, and so does
"my wrist" beside "my ankle": things of one kind are used alike. Which of them is meant stands in the words themselves.
English ones; what is asked for in other words, or in another language, is left to gate and probe.
"""

from __future__ import annotations

import re
from typing import FrozenSet, Iterable, List, Set, Tuple

#: Kinds of things of which one is not another: each line a kind, its members apart by commas, with words for the same.
_KINDS = (
    "dog puppy pup hound terrier labrador spaniel poodle, cat kitten kitty tomcat, rabbit bunny, hamster, goat, "
    "horse pony mare, parrot budgie canary, tortoise turtle, goldfish, ferret, snake, gecko lizard, cow, pig, donkey, "
    "hen chicken rooster, sheep lamb",
    "ankle, wrist, knee, elbow, shoulder, finger thumb, toe, hip, neck, nose, ear ears, eye eyes, tooth teeth, "
    "rib ribs",
    "guitar, piano, violin fiddle, cello, drums drum, flute, trumpet, saxophone sax, clarinet, harp, ukulele, banjo, "
    "trombone, accordion, bassoon, oboe",
    "car, bicycle cycle bike motorbike motorcycle scooter, boat yacht ship, van, truck lorry, caravan camper",
    "monday mondays, tuesday tuesdays, wednesday wednesdays, thursday thursdays, friday fridays, saturday saturdays, "
    "sunday sundays",
    "breakfast, lunch, dinner supper",
    "kitchen, bathroom, bedroom, garage, attic loft, cellar basement, shed",
    "chemistry, physics, biology, geography, maths math mathematics, latin",
    "doctor gp, dentist, vet, solicitor lawyer, accountant, hairdresser barber, plumber, electrician, optician, "
    "landlord landlady, boss manager supervisor, teacher tutor coach trainer instructor, neighbour neighbor, "
    "colleague coworker, babysitter nanny, roommate flatmate housemate",
    "passport, wallet purse, umbrella, suitcase, ladder",
    "boiler, fridge, dishwasher, oven",
    "wifi, email, bank, phone, laptop",
)
_KIN = (
    "mother mum mom mama mummy mommy mam, father dad papa daddy, sister sis, brother bro, uncle, aunt auntie, "
    "cousin, niece, nephew, grandmother gran grandma granny nan nana, grandfather grandpa granddad grandad, wife, "
    "husband, son, daughter, grandson, granddaughter, godmother, godfather, stepmother stepmum, stepfather stepdad"
)
#: Words that may mean any of several relatives.
_ANY_OF = {
    "parent": "mother father",
    "parents": "mother father",
    "folks": "mother father",
    "sibling": "sister brother",
    "siblings": "sister brother",
    "grandparent": "grandmother grandfather",
    "grandparents": "grandmother grandfather",
    "spouse": "wife husband",
    "partner": "wife husband",
    "child": "son daughter",
    "children": "son daughter",
    "kid": "son daughter",
    "kids": "son daughter",
    "boy": "son",
    "girl": "daughter",
    "in-law": "mother father sister brother son daughter",
}
#: Besides whom a person may stand without being named as what they are: "I live with Anna".
_SOMEBODY_NAMED = re.compile(r"\b(?:with|and|for|to|by|from|named|called|met|married|is) (?:[A-Z]|a )")
_SPEAKS_OF_SELF = re.compile(r"\s*(?:i|i['’]\w+|we|we['’]\w+)\s", re.IGNORECASE)
_YES_OR_NO = re.compile(r"\s*(?:is|are|was|were|am|do|does|did|have|has|had|can|could|will|would)\b", re.IGNORECASE)
_NAME = r"([^\W\d_a-z][^\W\d_A-Z]+)"
#: Where the name stands of whom or what is asked about: "my friend Priya", "Ngozi's tortoise", "Where does Piet work?".
_ASKED_ABOUT = re.compile(
    rf"\b(?:my|our) (?:[a-z-]+ )?[a-z]+ {_NAME}\b|(?<=[a-z,] ){_NAME}['’]s\b|"
    rf"\b(?:does|did|is|was|has|do|are) {_NAME}\b"
)
_PAIR = re.compile(rf"\b{_NAME} {_NAME}\b")
_DAYS_AND_MONTHS = (
    "january february march april may june july august september october november december "
    "monday tuesday wednesday thursday friday saturday sunday christmas easter"
)


def _members(kind: str) -> Tuple[FrozenSet[str], ...]:
    return tuple(frozenset(member.split()) for member in kind.split(","))


KINDS = tuple(_members(kind) for kind in _KINDS)
KIN = _members(_KIN)
#: Words that are written large and name nobody, or whoever is somebody's relative.
_NO_NAMES = frozenset((*_DAYS_AND_MONTHS.split(), *_KIN.replace(",", "").split()))


def asks_of_another(told: str, prompt: str) -> bool:
    """Return True where a prompt names a relative, a person or a thing that is another than those of what was told.

    :param told: what the user told, in their words.
    :param prompt: what they say now.
    """
    said, asked = _words(told), _words(prompt)
    if _another_relative(told, said, asked) or _another_name(told, prompt):
        return True
    # "Is bin day on Monday?" is answered by the day that it is on.
    return not _YES_OR_NO.match(prompt) and any(_apart(_of_kind(kind, said), _of_kind(kind, asked)) for kind in KINDS)


def _another_relative(told: str, said: Set[str], asked: Set[str]) -> bool:
    asked_of = _of_kind(KIN, asked)
    if not asked_of:
        return False
    mentioned = _of_kind(KIN, said).union(*(_of_kind(KIN, _ANY_OF[word].split()) for word in said & _ANY_OF.keys()))
    if mentioned:
        return not asked_of & mentioned
    return bool(_SPEAKS_OF_SELF.match(told)) and not _SOMEBODY_NAMED.search(told)


def _another_name(told: str, prompt: str) -> bool:
    names = {name.lower() for found in _ASKED_ABOUT.findall(prompt) for name in found if name} - _NO_NAMES
    if names and not any(name in told.lower() for name in names):
        return True
    # "Project Heron" is another than "Project Marlin"; "Tamsin Okafor" may be the same as "Tamsin".
    pairs = [(first, name) for first, name in _PAIR.findall(prompt) if name.lower() not in told.lower()]
    return any(re.search(rf"\b{re.escape(first)} {_NAME}", told) for first, _ in pairs)


def _of_kind(kind: Iterable[FrozenSet[str]], words: Iterable[str]) -> Set[int]:
    there = set(words)
    return {number for number, member in enumerate(kind) if member & there}


def _apart(some: Set[int], others: Set[int]) -> bool:
    return bool(some) and bool(others) and not some & others


def _words(text: str) -> Set[str]:
    found: List[str] = re.findall(r"[^\W\d_]+(?:-law)?", re.sub(r"['’]s\b", "", text.lower()))
    return {part for word in found for part in (word, *word.split("-", 1))} | (
        {"in-law"} if "in-law" in text.lower() else set()
    )
