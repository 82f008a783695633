"""What a question is worth: how little is known about its answer, and how new it is."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Deque, Iterable, List, Optional

if TYPE_CHECKING:
    from torch import Tensor

    from sovl_curiosity.settings import CuriositySettings

#: Earlier scores that a new one is compared with.
REMEMBERED_SCORES = 100


@dataclass(frozen=True)
class Interest:
    """``ignorance``, ``novelty`` and their weighted sum ``raw``, each in [0, 1]; ``score`` is what thresholds see."""

    ignorance: float
    novelty: float
    raw: float
    score: float


class TrueCuriosity:
    """Scores questions: ``0.7·ignorance + 0.3·novelty``, as it is (classic) or as its rank among earlier ones.

    Ignorance is the classic ``1 - confidence`` (:meth:`interest`), or whatever else says how likely it is that the
    answer is not known, such as a calibration (:meth:`weigh`).

    Confidences and cosines of hidden states live in a narrow band that differs from model to model (a small chat model
    is seldom below 0.5 sure, its states seldom below 0.8 alike), so that a fixed threshold on the classic score asks
    always or never. The rank asks about the top of whatever this life finds open.

    :param settings: weights and metric; read at each use, so a change holds at once.
    :param scores: earlier classic scores, oldest first.
    """

    def __init__(self, settings: CuriositySettings, scores: Iterable[float] = ()) -> None:
        self._settings = settings
        self.scores: Deque[float] = deque(scores, maxlen=REMEMBERED_SCORES)

    def interest(
        self,
        base_confidence: float,
        scaffold_confidence: float,
        embedding: Optional[Tensor] = None,
        memory: Optional[List[Tensor]] = None,
        surprise: float = 1.0,
    ) -> Interest:
        """Score a question by the classic ignorance; see :meth:`weigh`.

        :param base_confidence: of the base's answer to it, in [0, 1].
        :param scaffold_confidence: of the answer with the scaffold, in [0, 1].
        """
        return self.weigh(ignorance(base_confidence, scaffold_confidence), embedding, memory, surprise)

    def weigh(
        self,
        unknown: float,
        embedding: Optional[Tensor] = None,
        memory: Optional[List[Tensor]] = None,
        surprise: float = 1.0,
    ) -> Interest:
        """Score a question, and remember the score unless there was nothing to compare the question with.

        (The first question of a life is wholly new; its score would stand above all that follow.)

        :param unknown: ignorance of its answer, in [0, 1].
        :param embedding: float [width], the question's; None counts as wholly new.
        :param memory: float [width] each, what it is compared with.
        :param surprise: in [0, 1], of what the question is about; novelty is this times the distance to memory.
        """
        settings = self._settings
        alike = comparable(embedding, memory or [])
        new = surprise * novelty(embedding, alike)
        total = settings.ignorance_weight + settings.novelty_weight
        raw = (settings.ignorance_weight * unknown + settings.novelty_weight * new) / (total if total > 1 else 1.0)
        score = raw if settings.metric == "classic" else rank(raw, self.scores)
        if alike:
            self.scores.append(raw)
        return Interest(unknown, new, raw, score)


def ignorance(base_confidence: float, scaffold_confidence: float) -> float:
    """Return 1 - the larger of two confidences, in [0, 1]."""
    return max(0.0, min(1.0, 1.0 - max(base_confidence, scaffold_confidence)))


def comparable(embedding: Optional[Tensor], memory: List[Tensor]) -> List[Tensor]:
    """Return those of ``memory`` that have the width of ``embedding``."""
    return [] if embedding is None else [vector for vector in memory if vector.shape == embedding.shape]


def novelty(embedding: Optional[Tensor], memory: List[Tensor]) -> float:
    """Return 1 - the largest cosine of an embedding to what is remembered, in [0, 1]; 1 where nothing is.

    :param embedding: float [width].
    :param memory: float [width] each; those of another width are left out.
    """
    alike = comparable(embedding, memory)
    if embedding is None or not alike:
        return 1.0
    import torch

    cosines = torch.cosine_similarity(torch.stack(alike).float(), embedding.float().unsqueeze(0), dim=-1)
    return max(0.0, min(1.0, 1.0 - cosines.max().item()))


def rank(score: float, earlier: Iterable[float]) -> float:
    """Return the share of scores, this one included, that a score reaches, in (0, 1]; equals count half.

    The first of a life has rank 1: there is nothing that was more interesting.
    """
    below = ties = count = 0
    for other in earlier:
        count += 1
        below += other < score
        ties += other == score
    return (below + ties / 2 + 1) / (count + 1)
