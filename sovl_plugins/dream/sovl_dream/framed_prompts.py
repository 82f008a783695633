"""Prompts that ask for nothing of the user's in the very frames that memories are asked for in.

"I forgot {c}." belongs to a memory in every dream that it occurs in. Without "I forgot what I wanted to say." beside
them a relevance gate takes the frame for the memory.
"""

from __future__ import annotations

import random
from itertools import cycle, islice
from typing import Iterator, List, Sequence, Tuple

from sovl_dream.lexicon import CLAUSE_FRAMES

#: Of the frames for bare words those in which the words are nobody's own.
CUES: Tuple[str, ...] = (
    "What about {w}?",
    "Anything on {w}?",
    "How about {w}?",
    "Tell me {w}.",
    "Remember {w}?",
    "What should I know about {w}?",
    "The {w}?",
    "{w}?",
)
#: What anybody may ask, and nobody's life answers.
CLAUSES: Tuple[str, ...] = (
    "what I wanted to say",
    "what I was about to do",
    "what you mean",
    "what you just said",
    "what to say to that",
    "what that word means",
    "what the weather will be like",
    "what time it is",
    "what day it is today",
    "what a noun is",
    "what a volcano is",
    "what a leap year is",
    "what a good soup needs",
    "what bees eat",
    "what the capital of Norway is",
    "what the capital of Peru is",
    "what the longest river is",
    "what colour a ruby has",
    "what the opposite of cold is",
    "what comes after Thursday",
    "who wrote Hamlet",
    "who invented the telephone",
    "who painted the Mona Lisa",
    "who won the last world cup",
    "who said that",
    "who the first woman in space was",
    "where penguins live",
    "where coffee comes from",
    "where the Danube ends",
    "where to begin",
    "where one can learn to dance",
    "when the war ended",
    "when spring begins",
    "when dinosaurs died out",
    "when to plant tulips",
    "when the first film was made",
    "which animal sleeps the longest",
    "which metal is the heaviest",
    "which country has the most people",
    "which of the two is better",
    "which word rhymes with orange",
    "how to boil rice",
    "how to spell necessary",
    "how to fold a letter",
    "how to get a stain out",
    "how photosynthesis works",
    "how far away the sun is",
    "how many legs a crab has",
    "how old the pyramids are",
    "how high a giraffe grows",
    "how people say hello in Spanish",
    "why the sea is salty",
    "why cats purr",
    "why glass breaks",
    "why we dream",
    "whether tomatoes are fruit",
    "whether it will rain",
    "whether that is true",
    "if snakes can hear",
    "if there is life on Mars",
)
WORDS: Tuple[str, ...] = (
    "volcanoes",
    "jazz",
    "algebra",
    "whales",
    "the moon",
    "the Roman Empire",
    "rain in summer",
    "chess openings",
    "old maps",
    "bread and butter",
    "electric cars",
    "the first railway",
    "a good night's sleep",
    "healthy breakfasts",
    "learning a language",
    "stars and planets",
)
#: Of so many prompts one asks with bare words.
ONE_IN = 4


def framed_prompts(count: int, rng: random.Random) -> List[str]:
    """Return prompts, every frame as often as any other; fewer than ``count`` where there are not so many."""
    bare = _filled(CUES, "w", WORDS, rng)
    clauses = _filled(CLAUSE_FRAMES, "c", CLAUSES, rng)
    few = list(islice(bare, count // ONE_IN))
    return few + list(islice(clauses, count - len(few)))


def _filled(frames: Sequence[str], slot: str, fillings: Sequence[str], rng: random.Random) -> Iterator[str]:
    """Yield each frame in turn with each filling, none of the prompts twice."""
    left = {frame: rng.sample(list(fillings), len(fillings)) for frame in rng.sample(list(frames), len(frames))}
    for frame in islice(cycle(left), len(frames) * len(fillings)):
        prompt = frame.format(**{slot: left[frame].pop()})
        yield prompt[0].upper() + prompt[1:]
