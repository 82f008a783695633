"""Finds a question about what was said and what it is worth."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Callable, Deque, Dict, List, Optional

from sovl_curiosity.asking import answer_confidences, write_question
from sovl_curiosity.metric import Interest, TrueCuriosity

if TYPE_CHECKING:
    from torch import Tensor

    from sovl_core.plugin import PluginContext

#: Own questions whose vectors are kept: what was thought of lately is not new.
REMEMBERED_VECTORS = 10


@dataclass(frozen=True)
class Candidate:
    """A question, what it is worth, and the words it is about."""

    text: str
    interest: Interest
    about: str

    def details(self) -> Dict[str, Any]:
        """Return JSON-able values to keep with the question."""
        interest = self.interest
        return {
            "about": self.about,
            "score": round(interest.score, 4),
            "ignorance": round(interest.ignorance, 4),
            "novelty": round(interest.novelty, 4),
        }


class Inquiry:
    """Writes and weighs questions with the loaded models.

    ``dreamed`` holds the vectors of dream memory, float [width] each, that questions are compared with.

    :param context: of the plugin.
    :param curiosity: scores.
    """

    def __init__(self, context: PluginContext, curiosity: TrueCuriosity) -> None:
        self._context = context
        self._curiosity = curiosity
        self.dreamed: List[Tensor] = []
        self._own: Deque[Tensor] = deque(maxlen=REMEMBERED_VECTORS)

    def question_about(
        self, said: str, asked: List[str], cancelled: Callable[[], bool] = lambda: False
    ) -> Optional[Candidate]:
        """Return a question about what was said; None when there is none, or when cancelled.

        :param said: the user's words.
        :param asked: questions that are not asked again.
        """
        context = self._context
        settings, generate = context.settings, context.generate
        temperament = context.vitals.temperament
        text = write_question(said, generate, settings, temperament, context.rng, asked, cancelled)
        if text is None or cancelled():
            return None
        from sovl_curiosity.embedding import embed

        base, scaffold = answer_confidences(text, generate, settings.probe_tokens, cancelled)
        vector = embed(context.models(), text)
        interest = self._curiosity.interest(base, scaffold, vector, [*self.dreamed, *self._own])
        self._own.append(vector)
        return Candidate(text, interest, said)
