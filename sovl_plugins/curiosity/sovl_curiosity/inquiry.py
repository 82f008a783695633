"""Finds a question about what was said and what it is worth."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Callable, Deque, Dict, List, Optional

from sovl_curiosity.asking import answer_confidences, try_answer, write_question
from sovl_curiosity.metric import Interest, TrueCuriosity
from sovl_curiosity.signals import signals_of

if TYPE_CHECKING:
    from torch import Tensor

    from sovl_core.events import Reply, Turn
    from sovl_core.plugin import PluginContext
    from sovl_curiosity.calibration import Calibration

#: Own questions whose vectors are kept: what was thought of lately is not new.
REMEMBERED_VECTORS = 10


@dataclass(frozen=True)
class Candidate:
    """A question, what it is worth, and the words it is about; ``calibrated`` says where its ignorance comes from."""

    text: str
    interest: Interest
    about: str
    calibrated: bool = False

    def details(self, threshold: Optional[float] = None) -> Dict[str, Any]:
        """Return JSON-able values to keep with the question: why it is asked.

        :param threshold: that its score is above; None for one that was asked for.
        """
        interest = self.interest
        kept: Dict[str, Any] = {
            "about": self.about,
            "score": round(interest.score, 4),
            "ignorance": round(interest.ignorance, 4),
            "novelty": round(interest.novelty, 4),
            "calibrated": self.calibrated,
        }
        return kept if threshold is None else {**kept, "threshold": threshold}


class Inquiry:
    """Writes and weighs questions with the loaded models.

    ``dreamed`` holds the vectors of dream memory, float [width] each, that questions are compared with.

    :param context: of the plugin.
    :param curiosity: scores.
    :param calibration: gives the calibration to read ignorance by; None for the classic formula.
    """

    def __init__(
        self,
        context: PluginContext,
        curiosity: TrueCuriosity,
        calibration: Callable[[], Optional[Calibration]] = lambda: None,
    ) -> None:
        self._context = context
        self._curiosity = curiosity
        self._calibration = calibration
        self.dreamed: List[Tensor] = []
        self._own: Deque[Tensor] = deque(maxlen=REMEMBERED_VECTORS)

    def question_about(
        self,
        said: str,
        asked: List[str],
        cancelled: Callable[[], bool] = lambda: False,
        breathe: Callable[[], None] = lambda: None,
        once: bool = False,
    ) -> Optional[Candidate]:
        """Return a question about what was said; None when there is none, or when cancelled.

        :param said: the user's words.
        :param asked: questions that are not asked again.
        :param breathe: called before each piece of work with the models; what it raises goes through.
        :param once: as :func:`write_question` takes it.
        """
        context = self._context
        settings, temperament = context.settings, context.vitals.temperament

        def generate(turn: Turn) -> Reply:
            breathe()
            return context.generate(turn)

        text = write_question(said, generate, settings, temperament, context.rng, asked, cancelled, once)
        if text is None or cancelled():
            return None
        from sovl_curiosity.embedding import embed
        from sovl_curiosity.surprise import surprise

        calibration, tokens = self._calibration(), settings.probe_tokens
        vector = embed(context.models(), text)
        new = surprise(context.models(), said) if settings.metric == "calibrated" else 1.0
        memory = [*self.dreamed, *self._own]
        if calibration is None:
            sure = answer_confidences(text, generate, tokens, cancelled)
            interest = self._curiosity.interest(*sure, vector, memory, new)
        else:
            unknown = calibration.ignorance(signals_of(try_answer(text, generate, tokens, cancelled), tokens))
            interest = self._curiosity.weigh(unknown, vector, memory, new)
        self._own.append(vector)
        return Candidate(text, interest, said, calibration is not None)
