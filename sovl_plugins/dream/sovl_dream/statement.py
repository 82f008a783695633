"""Parsing of simple statements: who or what, which verb, what is said.

Rules for the short declarative sentences in which people tell facts ("My boss is called Tamsin.", "I keep the key under
the kettle."). What they cannot parse is still dreamed about by topic alone.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Optional

COPULAS = (
    "is called",
    "was called",
    "are called",
    "is named",
    "was named",
    "are named",
    "is",
    "are",
    "was",
    "were",
    "am",
)
PREPOSITIONS = (
    "in|at|on|under|behind|beside|from|to|with|for|as|by|near|inside|into|over|about|after|before|around|between"
)
_PAST = {
    "came": "come",
    "went": "go",
    "bought": "buy",
    "met": "meet",
    "got": "get",
    "grew": "grow",
    "left": "leave",
    "lost": "lose",
    "made": "make",
    "moved": "move",
    "saw": "see",
    "sold": "sell",
    "spent": "spend",
    "started": "start",
    "studied": "study",
    "taught": "teach",
    "told": "tell",
    "took": "take",
    "won": "win",
    "wrote": "write",
    "found": "find",
    "gave": "give",
    "kept": "keep",
    "put": "put",
    "hid": "hide",
    "broke": "break",
    "built": "build",
    "chose": "choose",
    "died": "die",
    "ran": "run",
    "had": "have",
}
_IRREGULAR_THIRD = {"has": "have", "does": "do", "goes": "go"}
_ADVERBS = "last|always|usually|often|never|now|still|also|only|just|first|currently"
_OPENERS = re.compile(
    r"^(?:by the way|well|so|oh|actually|also|and|but|hi|hello|hey|you know|fyi|"
    r"please (?:note|remember)(?: that)?|(?:remember|note)(?: that)?)[,:!.]? ",
    re.IGNORECASE,
)
#: Words that end in s or ed and are no verbs where a verb is looked for.
_NO_VERB = {"this", "is", "was", "as", "its", "his", "us", "always", "red", "bed", "wed"}


#: "sells" and "sold" in the regular ways, not "business" or "famous".
_VERB_ENDING = re.compile(r"[a-z](?:(?<!s)(?<!ou)s|ed)$")
#: What follows one of these is a noun, whatever it ends in.
_DETERMINERS = ("my", "our", "the", "a", "an", "this", "these", "those", "his", "her", "their", "its")


@dataclass(frozen=True)
class Statement:
    """A parsed statement.

    ``subject`` as the user says it in mid-sentence; ``verb`` as written, ``lemma`` its infinitive; ``auxiliary`` what a
    question needs (``do``, ``does``, ``did``, or the copula itself); ``middle`` what stands between the verb and the
    ``preposition``; ``complement`` is the news.
    """

    text: str
    subject: str
    verb: str
    lemma: str
    auxiliary: str
    middle: str
    preposition: str
    complement: str

    @property
    def is_copula(self) -> bool:
        """True for "X is Y"."""
        return self.auxiliary == self.verb.split()[0]

    @property
    def speaks_of_self(self) -> bool:
        """True when the subject is the user."""
        return self.subject in ("I", "we")


def uncapitalise(phrase: str) -> str:
    """Make the first letter of a sentence small where it is no name: "My dog" to "my dog", "Project X" stays."""
    first = phrase.split(" ", 1)[0]
    if first.lower() in ("my", "our", "the", "a", "an", "this", "we", "these", "those", "that", "his", "her", "their"):
        return phrase[0].lower() + phrase[1:]
    return phrase


def _split_complement(rest: str) -> tuple[str, str, str]:
    """Split what follows the verb into (middle, preposition, complement)."""
    match = re.match(rf"^(?:(.+?) )?({PREPOSITIONS}) (.+)$", rest)
    if match is None:
        return "", "", rest
    return match.group(1) or "", match.group(2), match.group(3)


def _lemma(verb: str) -> str:
    low = verb.lower()
    if low in _PAST:
        return _PAST[low]
    if low in _IRREGULAR_THIRD:
        return _IRREGULAR_THIRD[low]
    if low.endswith("ies"):
        return low[:-3] + "y"
    if re.search(r"(ch|sh|ss|x|zz)es$", low):
        return low[:-2]
    if low.endswith("s") and not low.endswith("ss"):
        return low[:-1]
    if low.endswith("ied"):
        return low[:-3] + "y"
    if low.endswith("ed"):
        stem = low[:-2]
        if len(stem) > 2 and stem[-1] == stem[-2] and stem[-1] not in "els":
            return stem[:-1]
        # "lived", "danced", "baked": a short stem that kept its one consonant lost an e.
        return low[:-1] if re.search(r"[vceu]$|^[^aeiou]*[aeiou][^aeiouwxy]$", stem) else stem
    return low


def _parse_copula(text: str) -> Optional[Statement]:
    for copula in COPULAS:
        match = re.match(rf"^(.+?) {copula} (.+)$", text)
        if match is None or (copula in ("is", "are") and " that " in match.group(1)):
            continue
        subject, rest = uncapitalise(match.group(1)), match.group(2)
        if re.search(r"\b(who|which|that)$", subject):
            continue
        middle, preposition, complement = "", "", rest
        passive = re.match(rf"^((?:(?:{_ADVERBS}) )?\w+(?:ed|ing|rn|ic|en|pt)) ({PREPOSITIONS}) (.+)$", rest)
        if passive and not re.match(r"^\w+ing to$", " ".join(rest.split()[:2])):
            middle, preposition, complement = passive.groups()
        elif re.match(rf"^({PREPOSITIONS}) ", rest):
            _, preposition, complement = _split_complement(rest)
        elif subject in ("I", "we"):
            gerund = re.match(rf"^(\w+ing(?: to \w+)?) (?!(?:{PREPOSITIONS}) )(.+)$", rest)
            adjective = re.match(rf"^(\w+) ({PREPOSITIONS}) (.+)$", rest)
            if gerund:
                middle, complement = gerund.groups()
            elif adjective:
                middle, preposition, complement = adjective.groups()
        return Statement(text, subject, copula, copula, copula.split()[0], middle, preposition, complement)
    return None


def _parse_verb(text: str) -> Optional[Statement]:
    words = text.split()
    perfect = re.match(r"^(I|We)['’]ve$", words[0])
    if perfect:
        # The perfect is asked for as the past: "Where did I live?".
        if words[1].lower() not in _PAST and not words[1].lower().endswith("ed"):
            return None
        words[0] = perfect.group(1)
    if words[0] in ("I", "We"):
        index = 2 if len(words) > 2 and re.fullmatch(_ADVERBS, words[1].lower()) else 1
    else:
        index = 0
        first = 2 if words[0].lower() in _DETERMINERS else 1
        for position, word in enumerate(words[first:-1], start=first):
            low = word.lower()
            if word[0].islower() and low not in _NO_VERB and (low in _PAST or _VERB_ENDING.search(low)):
                index = position
                break
    if not 0 < index < len(words) - 1:
        return None
    subject, verb, rest = uncapitalise(" ".join(words[:index])), words[index], " ".join(words[index + 1 :])
    if index == 2 and words[0] in ("I", "We"):
        subject = words[0] if words[0] == "I" else "we"
    past = verb.lower() in _PAST or verb.lower().endswith("ed")
    lemma = _lemma(verb) if past or words[0] not in ("I", "We") else verb.lower()
    auxiliary = "did" if past else "do" if subject in ("I", "we") else "does"
    return Statement(text, subject, verb, lemma, auxiliary, *_split_complement(rest))


def without_opener(sentence: str) -> str:
    """Return a sentence without what leads into it: "Hi, my name is Ann." gives "my name is Ann."."""
    return _OPENERS.sub("", sentence)


def parse_statement(text: str) -> Optional[Statement]:
    """Parse a statement, or return None where the rules do not reach.

    :param text: one sentence of the user's, in the first person.
    """
    clean = re.sub(r"\s+", " ", text).strip().rstrip(".!").strip()
    clean = without_opener(clean)
    clean = clean[:1].upper() + clean[1:]
    if len(clean.split()) < 3 or "?" in clean:
        return None
    self_copula = re.match(r"^(?:I'm|I’m) (.+)$", clean)
    if self_copula:
        clean = f"I am {self_copula.group(1)}"
    return _parse_copula(clean) or _parse_verb(clean)
