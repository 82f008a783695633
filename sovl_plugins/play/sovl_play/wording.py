"""Words: what a text is about, how much of it another keeps, and a text cut where a sentence ends."""

from __future__ import annotations

import re
from typing import FrozenSet, List, Optional


def _set(text: str) -> FrozenSet[str]:
    return frozenset(text.split())


#: Words that say nothing of what a text is about.
STOP_WORDS = _set(
    "the and but for not you your yours his her hers its their theirs they them she him this that these those there "
    "here with from into onto about over under than then too very just also only more most some any all both each few "
    "many much other such own same been being having doing because while after before again once out off down let "
    "like get got goes going went come came make made take took say said tell told know knew think thought want thing "
    "things something anything one two yes okay thanks thank please hello hey really quite well now today still ever "
    "never always what who whom whose which when where why how are was were does did have has had can could will "
    "would shall should may might our ours mine myself ourselves called everything "
    "nothing somebody anybody everybody nobody"
)
#: A question opens with one of these.
OPENERS = _set(
    "what who whom whose which when where why how is are was were do does did have has had can could will would shall "
    "should may might"
)
SHORTEST_QUESTION, LONGEST_QUESTION = 3, 25

_WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")
_SENTENCE_END = re.compile(r"[.!?…]+[\"'”’)]*(?=\s|$)")
# A thing ends where a verb, a preposition or the sentence's end follows.
_THING = re.compile(
    r"\b(my|a|an|the) ((?:[\w'-]+ ){0,2}?[\w'-]+)"
    r"(?= (?:is|are|was|were|has|have|had|will|can|and|or|but|who|which|that|at|in|on|to|with|for|from|of)\b"
    r"|[.,;:!?]|$)",
    re.IGNORECASE,
)
_OWN = _set("my mine our ours we us myself ourselves")


def words(text: str) -> List[str]:
    """Return the words of a text in lower case, in order."""
    return [word.lower().replace("’", "'") for word in _WORD.findall(text)]


def content_words(text: str) -> List[str]:
    """Return the stems of the words that say what a text is about, in order, each once."""
    telling = (_stem(word) for word in words(text) if len(word) >= 3 and word not in STOP_WORDS)
    return list(dict.fromkeys(telling))


def share_kept(original: str, text: str) -> float:
    """Return the share, 0 to 1, of the original's content words that a text holds; of all its words where it has none.

    0 for an original without any word.
    """
    wanted = content_words(original) or words(original)
    found = set(content_words(text)) | set(words(text))
    return sum(word in found for word in wanted) / len(wanted) if wanted else 0.0


def sentences(text: str) -> List[str]:
    """Return the sentences of a text; a rest without an end is one too."""
    found, start = [], 0
    for end in _SENTENCE_END.finditer(text):
        found.append(text[start : end.end()].strip())
        start = end.end()
    found.append(text[start:].strip())
    return [sentence for sentence in found if sentence]


def whole_sentences(text: str) -> str:
    """Return a text on one line, without a last sentence that breaks off, unless that is all there is."""
    joined = " ".join(text.split())
    ends = list(_SENTENCE_END.finditer(joined))
    return joined[: ends[-1].end()] if ends else joined


def first_question(written: str) -> str:
    """Return the first question in a text, "" when there is none: a model seldom stops after it."""
    for sentence in sentences(" ".join(written.split())):
        bare = sentence.strip("\"'“”‘’*# ")
        if bare.endswith("?"):
            return bare
    return ""


def reads_as_question(text: str, said: str) -> bool:
    """Return True when a text can be put to the user as a question about what they said.

    It opens with a question word or an auxiliary, is neither short nor long, speaks of something that was said, does
    not repeat it, and takes nothing of the user's for its own.
    """
    asked = words(text)
    if not text.endswith("?") or not SHORTEST_QUESTION <= len(asked) <= LONGEST_QUESTION or asked[0] not in OPENERS:
        return False
    if _OWN.intersection(asked) or " ".join(asked) in " ".join(words(said)):
        return False
    return bool(set(content_words(text)) & set(content_words(said)))


def plain_question(said: str) -> Optional[str]:
    """Return a question about what was said that needs no model, None where there is nothing to ask about.

    It is about the last name, else what the user called their own, else a thing, else the longest word.
    """
    inner = [word for sentence in sentences(said) for word in _WORD.findall(sentence)[1:]]
    names = [word for word in inner if word[:1].isupper() and content_words(word)]
    things = [(article.lower(), noun.lower()) for article, noun in _THING.findall(said) if content_words(noun)]
    telling = sorted((word.lower() for word in _WORD.findall(said) if content_words(word)), key=len)
    if names:
        about = names[-1]
    elif things:
        article, noun = min(things, key=lambda found: found[0] != "my")
        about = f"{'your' if article == 'my' else 'the'} {noun}"
    elif telling:
        about = telling[-1]
    else:
        return None
    return f"Can you tell me more about {about}?"


def quote(text: str, length: int = 60) -> str:
    """Return a text in quotation marks on one line, its end left out where it is long."""
    line = " ".join(text.split())
    return f"“{line if len(line) <= length else line[: length - 1].rstrip() + '…'}”"


def _stem(word: str) -> str:
    for ending in ("'s", "ing", "ed", "s"):
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            return word[: -len(ending)]
    return word
