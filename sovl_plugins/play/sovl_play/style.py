"""A way of speaking as a few measured numbers, and how far a text is from it."""

from __future__ import annotations

from dataclasses import astuple, dataclass
from typing import Sequence

from sovl_play.wording import sentences, words

#: Words a sentence that count as a whole step of difference; the shares go from 0 to 1 by themselves.
WORDS_SCALE = 12.0


@dataclass(frozen=True)
class Style:
    """How somebody speaks, as means over sentences.

    ``length`` is in words. The others are shares from 0 to 1: of sentences that ask, that exclaim, that begin with a
    small letter; of words that are contracted (don't), that are long (seven letters and more), that are all capitals.
    """

    length: float
    asking: float
    exclaiming: float
    uncapped: float
    contracted: float
    long_words: float
    capitals: float

    def distance(self, other: Style) -> float:
        """Return how far two styles are apart: the mean difference over their numbers, each at most 1."""
        steps = [abs(one - another) for one, another in zip(astuple(self), astuple(other))]
        steps[0] /= WORDS_SCALE
        return sum(min(1.0, step) for step in steps) / len(steps)

    def describe(self) -> str:
        """Return it in words; shares that are close to none are left out."""
        parts = [f"{self.length:.0f} words a sentence"]
        shares = {
            "questions": self.asking,
            "exclamations": self.exclaiming,
            "begin small": self.uncapped,
            "contractions": self.contracted,
            "long words": self.long_words,
            "capitals": self.capitals,
        }
        return ", ".join(parts + [f"{share:.0%} {name}" for name, share in shares.items() if share >= 0.005])


def measure(texts: Sequence[str]) -> Style:
    """Return the style of texts; that of silence, all zeros, where there is no word in them."""
    said = [sentence for text in texts for sentence in sentences(" ".join(text.split())) if words(sentence)]
    spoken = [word for sentence in said for word in words(sentence)]
    raw = [word for sentence in said for word in sentence.split()]
    if not said:
        return Style(0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)

    def of_sentences(hits: Sequence[bool]) -> float:
        return sum(hits) / len(said)

    return Style(
        length=len(spoken) / len(said),
        asking=of_sentences(["?" in sentence[-3:] for sentence in said]),
        exclaiming=of_sentences(["!" in sentence[-3:] for sentence in said]),
        uncapped=of_sentences([sentence.lstrip("\"'“‘(")[:1].islower() for sentence in said]),
        contracted=sum("'" in word for word in spoken) / len(spoken),
        long_words=sum(len(word) >= 7 for word in spoken) / len(spoken),
        # "I" and "A" shout at nobody.
        capitals=sum(word.isupper() and len(word.strip(".,;:!?")) > 1 for word in raw) / len(raw),
    )
