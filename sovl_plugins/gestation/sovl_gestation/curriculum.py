"""Which dreams meet in each step: tonight's, replayed ones of earlier nights, and background."""

from __future__ import annotations

import random
from typing import Iterator, List, Sequence, TypeVar

from sovl_core.data_processing import Encoded

Item = TypeVar("Item")


class Curriculum:
    """Draws batches; every dream of a kind comes up once before any comes up again.

    :param tonight: dreams of fresh memories.
    :param replayed: dreams of earlier nights, may be empty.
    :param background: dreams learned as the base's own, may be empty.
    :param answers: dreams of memories in a batch; ``replay`` of them are replayed ones.
    """

    def __init__(
        self,
        tonight: Sequence[Encoded],
        replayed: Sequence[Encoded],
        background: Sequence[Encoded],
        answers: int,
        background_count: int,
        replay: float,
        rng: random.Random,
    ) -> None:
        self.replayed_count = min(round(answers * replay), answers - 1) if replayed else 0
        self.tonight_count = answers - self.replayed_count
        self.background_count = background_count if background else 0
        self.answers_count = self.tonight_count + self.replayed_count
        self._tonight = _rounds(tonight, rng)
        self._replayed = _rounds(replayed, rng)
        self._background = _rounds(background, rng)

    def batch(self) -> List[Encoded]:
        """Return the next batch."""
        return (
            [next(self._tonight) for _ in range(self.tonight_count)]
            + [next(self._replayed) for _ in range(self.replayed_count)]
            + [next(self._background) for _ in range(self.background_count)]
        )


def steps_for(dreams: int, answers: int, passes: float, least: int, most: int) -> int:
    """Return how many steps a night has at most for so many dreams, ``answers`` of them a step."""
    return max(least, min(most, round(passes * dreams / max(1, answers))))


def _rounds(items: Sequence[Item], rng: random.Random) -> Iterator[Item]:
    while items:
        order = list(items)
        rng.shuffle(order)
        yield from order
