"""Whether what the user wants forgotten is said elsewhere too: told again, or repeated in a later reply.

Words are compared, not meanings. Sentence by sentence: who says it too has nearly all of its words that carry meaning,
and every name and number in it ("My dog is called Rex" does not say that a dog is called Biscuit).
"""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, FrozenSet, Iterable, List, Sequence, Set, Tuple

if TYPE_CHECKING:
    from sovl_core.journal import Journal
    from sovl_core.records import Episode

#: The share of a sentence's words that another has to have.
SHARE = 0.6
#: And so many of them at least, where it has that many.
FEWEST = 2
#: Sentences of what is forgotten that are looked for, and turns that are looked at for each.
SENTENCES, TURNS = 50, 50
#: Words of English of three letters or more that carry no meaning of their own.
_EMPTY = """
about also and any are because been but can could did does doing down for from had has have having her hers him his how
its just like may might more most much must not now off only other our ours out over own she should some such than that
the their them then there these they this those too under until very was were what when where which while who whom why
will with would you your yours
"""
EMPTY_WORDS = frozenset(_EMPTY.split())
_SENTENCES = re.compile(r"[.!?;\n]+")
_WORD = re.compile(r"\w+")

#: The words of a sentence that carry meaning, and those among them that are names or numbers.
Sentence = Tuple[FrozenSet[str], FrozenSet[str]]


def said_again(journal: Journal, forgotten: Iterable[Episode]) -> List[int]:
    """Return the numbers of turns that say what forgotten ones said, in ascending order.

    Where a question is forgotten, its reply is what is looked for.

    :param journal: in which they are not any more.
    """
    found: Set[int] = set()
    for text in (episode.reply if episode.prompt.rstrip().endswith("?") else episode.prompt for episode in forgotten):
        for sentence in sentences(text)[:SENTENCES]:
            for other in journal.search(_query(sentence), TURNS, any_word=True):
                if any(says(part, sentence) for part in (other.prompt, other.reply)):
                    found.add(other.id)
    return sorted(found)


def says(text: str, sentence: Sentence) -> bool:
    """Return whether a text says a sentence, as far as words tell."""
    words, names = sentence
    there = words.intersection(_plain(word) for word in _WORD.findall(text))
    enough = min(len(words), max(FEWEST, math.ceil(SHARE * len(words))))
    return bool(words) and len(there) >= enough and names <= there


def sentences(text: str) -> List[Sentence]:
    """Return the sentences of a text that have words which carry meaning."""
    found = [_sentence(_WORD.findall(part)) for part in _SENTENCES.split(text)]
    return [sentence for sentence in found if sentence[0]]


def _query(sentence: Sentence) -> str:
    # Longer words are rarer, and what is too much is cut off at the end.
    return " ".join(form for word in sorted(sentence[0], key=len, reverse=True) for form in (word, f"{word}s"))


def _sentence(words: Sequence[str]) -> Sentence:
    names = {_plain(word) for place, word in enumerate(words) if _is_name(word, place)}
    return frozenset(names.union(_plain(word) for word in words if _has_meaning(word))), frozenset(names)


def _is_name(word: str, place: int) -> bool:
    # The first word of a sentence has its capital anyway, and so has "I".
    return any(letter.isdigit() for letter in word) or (place > 0 and len(word) > 1 and word[0].isupper())


def _has_meaning(word: str) -> bool:
    # Scripts without small letters put more into a letter, and no spaces between words.
    return (len(word) > 2 or not word.isascii()) and word.lower() not in EMPTY_WORDS


def _plain(word: str) -> str:
    """Return a word without case and without the ending of a plural."""
    plain = word.casefold()
    return plain[:-1] if len(plain) > 3 and plain.endswith("s") else plain
