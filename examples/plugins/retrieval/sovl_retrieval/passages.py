"""Finding passages: what was told before and shares words with the prompt, the best match first."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, AbstractSet, FrozenSet, List, Set

if TYPE_CHECKING:
    from sovl_core.events import Turn
    from sovl_core.journal import Journal
    from sovl_core.records import Episode

#: Words that say nothing of what a prompt is about.
_EVERYWHERE = (
    "a about all also am an and any are as at be because been but by can could did do does for from get "
    "had has have he her here him his how i if in is it its just know like me more my no not of on one or "
    "our out please remember said say she should so some tell than that the their them then there these "
    "they this to told up us was we were what when where which who whom whose why will with would you "
    "your"
)
_SAYS_NOTHING = frozenset(_EVERYWHERE.split())
#: Episodes that the index is asked for, for each passage that is wanted: some of them will not do.
_ASKED_FOR = 6


@dataclass(frozen=True)
class Passage:
    """Something said before: ``likeness`` in (0, 1] is the share of the prompt's words that it has."""

    episode: int
    text: str
    likeness: float


def find_passages(journal: Journal, turn: Turn, count: int, replies: bool) -> List[Passage]:
    """Return passages for a turn, the best match first.

    Left out are questions, what the prompt itself says, what the model has before its eyes in the history, and what a
    newer statement has superseded.

    :param count: how many at most.
    :param replies: whether the system's own words are passages too.
    """
    words = words_of(turn.prompt)
    if not words:
        return []
    query = query_of(words)
    seen = {_plain(message.content) for message in turn.history} | {_plain(turn.prompt)}
    found: List[Passage] = []
    for episode in journal.search(query, limit=count * _ASKED_FOR, any_word=True):
        if episode.id == turn.episode or episode.superseded_by is not None:
            continue
        for text in _texts(episode, replies):
            likeness = _shared(words, text) / len(words)
            if likeness and _plain(text) not in seen:
                seen.add(_plain(text))
                found.append(Passage(episode.id, text, likeness))
    # The index ranks by how rare the shared words are, the replies among them; this only tells apart what it cannot.
    return found[:count]


def words_of(text: str) -> FrozenSet[str]:
    """Return the words that say what a text is about, in small letters."""
    return frozenset(re.findall(r"\w+", text.lower())) - _SAYS_NOTHING


def query_of(words: AbstractSet[str]) -> str:
    """Return what the index is asked for: each word in its forms, the longest first.

    The index looks at so many words and no more, and longer ones tend to be rarer.
    """
    ordered = sorted(words, key=lambda word: (-len(word), word))
    return " ".join(form for word in ordered for form in sorted(forms_of(word)))


def forms_of(word: str) -> Set[str]:
    """Return a word with its English singular or plural: "dog" finds "dogs"."""
    if len(word) > 3 and word.endswith("s") and not word.endswith("ss"):
        return {word, word[:-1]}
    return {word, word + "s"} if word.isalpha() else {word}


def _shared(words: AbstractSet[str], text: str) -> int:
    there = words_of(text)
    return sum(not forms_of(word).isdisjoint(there) for word in words)


def _texts(episode: Episode, replies: bool) -> List[str]:
    texts = [episode.prompt, episode.reply if replies else ""]
    return [text for text in texts if text and not text.rstrip().endswith("?")]


def _plain(text: str) -> str:
    return " ".join(text.lower().split())
