"""Questions as text: what reads as one, and a plain one made out of what was said."""

from __future__ import annotations

import re
from typing import FrozenSet, List, Optional


def _set(text: str) -> FrozenSet[str]:
    return frozenset(text.split())


OPENERS = _set(
    "what who whom whose which when where why how is are was were am do does did have has had can could will would "
    "shall should may might"
)
#: Questions that open so ask for something new even in the user's own words.
DEEPER = _set("why how when where")
#: In a question to the user these turn mine and yours around.
OWN = _set("my mine our ours we us myself ourselves")
STOP_WORDS = OPENERS | _set(
    "the and but for not you your yours his her hers its their theirs they them she him this that these those there "
    "here with from into onto about over under than then too very just also only more most some any all both each few "
    "many much other such own same been being having doing because while after before again once out off down let like "
    "get got goes going went come came make made take took say said tell told know knew think thought want thing "
    "things something anything one two yes okay thanks thank please hello hey really quite well now today still ever "
    "never always"
)
#: A question to somebody of whom nothing is known speaks to them.
YOURS = _set("you your yours yourself")
#: Words that a noun follows: "my old cats" is no sentence, "my knee hurts" is one.
QUALITIES = _set(
    "old new young older younger elder big small little good best favourite favorite own first second last other two "
    "three four five six red blue green black white brown grey gray dear"
)
SHORTEST, LONGEST = 3, 20

_WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")
_PREAMBLE = re.compile(r"^\W*(?:question|assistant|q)\s*[:.-]\s*", re.IGNORECASE)
_NOUN = re.compile(
    r"\b(my|a|an|the) ((?:[\w'-]+ ){0,2}?[\w'-]+)"
    r"(?= (?:is|are|was|were|has|have|had|will|can|and|or|but|who|which|that|at|in|on|to|with|for|from|of)\b"
    r"|[.,;:!?]|$)",
    re.IGNORECASE,
)


def words(text: str) -> List[str]:
    """Return the words of a text in lower case."""
    return [word.lower() for word in _WORD.findall(text)]


def content_words(text: str) -> List[str]:
    """Return the stems of the words that say what a text is about, in order."""
    return [_stem(word) for word in words(text) if len(word) >= 3 and word not in STOP_WORDS]


def first_question(written: str) -> str:
    """Return the first question in a written text, "" when there is none: a model seldom stops after it."""
    for line in written.splitlines():
        text = _PREAMBLE.sub("", line.strip()).strip("\"'“”‘’*# ")
        end = text.find("?")
        if end > 0:
            start = max(text.rfind(mark, 0, end) for mark in ".!\n") + 1
            return " ".join(text[start : end + 1].split()).strip("\"'“”‘’* ")
    return ""


def reads_as_question(text: str, said: str) -> bool:
    """Return True when a text can be put to the user as a question about what they said.

    It ends in ``?``, opens with a question word or an auxiliary, has a sensible length, shares a content word with what
    was said, does not repeat it, asks for something that is not in it, and does not mix up mine and yours.
    """
    asked = words(text)
    if not text.endswith("?") or not SHORTEST <= len(asked) <= LONGEST or asked[0] not in OPENERS:
        return False
    if OWN.intersection(asked) or " ".join(asked) in " ".join(words(said)):
        return False
    about, known = set(content_words(text)), set(content_words(said))
    if not about & known:
        return False
    return bool(about - known) or asked[0] in DEEPER


def reads_as_first_question(text: str) -> bool:
    """Return True when a text can be put to somebody of whom nothing is known: a question, and about them."""
    asked = words(text)
    if not text.endswith("?") or not SHORTEST <= len(asked) <= LONGEST or asked[0] not in OPENERS:
        return False
    return bool(YOURS.intersection(asked)) and not OWN.intersection(asked)


def plain_question(said: str) -> Optional[str]:
    """Return a question about what was said that needs no model; None where nothing can be asked about.

    Asks about a name, else about what the user called their own, else about a thing, else about the longest word.
    """
    name = _name(said)
    if name:
        return f"Can you tell me more about {name}?"
    nouns = [(article.lower(), _without_verb(noun)) for article, noun in _NOUN.findall(said) if content_words(noun)]
    for article, noun in sorted(nouns, key=lambda found: found[0] != "my"):
        return f"Can you tell me more about {'your' if article == 'my' else 'the'} {noun}?"
    telling = [word for word in _WORD.findall(said) if content_words(word)]
    return f'What should I know about "{max(telling, key=len).lower()}"?' if telling else None


def _without_verb(noun: str) -> str:
    found = noun.split()
    verb_like = len(found) > 1 and found[-1].endswith(("s", "ed")) and found[-2].lower() not in QUALITIES
    return " ".join(found[:-1] if verb_like else found)


def _name(said: str) -> str:
    found = re.findall(r"(?<![.!?…:\"“] )(?<!^)(?<![\n\"“])\b[A-Z][\w'-]+(?: [A-Z][\w'-]+)*", said)
    names = [name for name in found if content_words(name)]
    return names[-1] if names else ""


def _stem(word: str) -> str:
    word = word.replace("’", "'")
    for ending in ("'s", "ing", "ed", "s"):
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            return word[: -len(ending)]
    return word
