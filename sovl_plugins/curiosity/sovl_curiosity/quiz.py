"""The life's own quiz after a night: questions of which it knows whether it knows them.

Known is what it was told, asked in words that it was not trained on and answered right; unknown is what it was never
told, asked about in words close to what it was. Both kinds are dreams that the night held out. Whoever judges the night
asks most of them anyway: those answers are looked at as they come, and only what is missing is asked again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Callable, Dict, Iterable, List, Optional, Sequence, Tuple

from sovl_core.answer_match import says
from sovl_core.constants import KEPT_KINDS
from sovl_core.events import Turn
from sovl_curiosity.calibration import FEWEST, Calibration, calibrate
from sovl_curiosity.signals import signals_of

if TYPE_CHECKING:
    from sovl_core.events import Dream, Reply

#: Kind of the dreams that ask about what was never told.
NEVER_TOLD = "contrast"
#: Questions of each side that are asked where nobody else has: half as many again as are needed, as some are left out.
ASKED = FEWEST + FEWEST // 2
#: Tokens in which a right answer has to come.
ANSWER_TOKENS = 32


class Quiz:
    """One night's quiz."""

    def __init__(self) -> None:
        self._replies: Dict[str, Reply] = {}

    def observe(self, prompt: str, reply: Reply) -> None:
        """Take note of a greedy answer that somebody asked for; the latest to a prompt counts."""
        self._replies[prompt] = reply

    def missed(self, dreams: Iterable[Dream]) -> List[int]:
        """Return the memories that were asked about and answered wrong, by number.

        :param dreams: those that were held out are the questions.
        """
        told = _questions(dream for dream in dreams if dream.kind not in KEPT_KINDS and dream.answer)
        heard = [(dream, self._replies[prompt]) for prompt, dream in told.items() if prompt in self._replies]
        wrong = [dream for dream, reply in heard if not says(reply.text, dream.answer)]
        return sorted({parent for dream in wrong for parent in dream.parents})

    def calibrate(
        self, dreams: Sequence[Dream], tokens: int, ask: Callable[[Turn], Reply], breathe: Callable[[], None]
    ) -> Optional[Calibration]:
        """Return what the answers amount to; None where there are too few questions.

        What was told and is answered wrong is left out: it is neither known nor something to ask about again.

        :param dreams: those that were held out are the questions.
        :param tokens: how many tokens of each answer are looked at.
        :param ask: answers a turn through all plugins, without a journal entry.
        :param breathe: called before each question that is asked.
        """
        told = _questions(dream for dream in dreams if dream.kind not in KEPT_KINDS and dream.answer)
        never = _questions(dream for dream in dreams if dream.kind == NEVER_TOLD)
        if min(len(told), len(never)) < FEWEST:
            return None
        known = [
            signals_of(reply, tokens)
            for dream, reply in self._answered(told, ask, breathe)
            if says(reply.text, dream.answer)
        ]
        unknown = [signals_of(reply, tokens) for _, reply in self._answered(never, ask, breathe)]
        return calibrate(known, unknown)

    def _answered(
        self, questions: Dict[str, Dream], ask: Callable[[Turn], Reply], breathe: Callable[[], None]
    ) -> List[Tuple[Dream, Reply]]:
        """Return questions with their answers: all that were observed, and enough besides."""
        missing = [prompt for prompt in questions if prompt not in self._replies]
        for prompt in missing[: max(0, ASKED - (len(questions) - len(missing)))]:
            breathe()
            self._replies[prompt] = ask(Turn(prompt, max_new_tokens=ANSWER_TOKENS, purpose="evaluation"))
        return [(dream, self._replies[prompt]) for prompt, dream in questions.items() if prompt in self._replies]


def _questions(dreams: Iterable[Dream]) -> Dict[str, Dream]:
    """Return those that were held out and not refused, by what they ask."""
    return {dream.prompt: dream for dream in dreams if dream.held_out and dream.verdict != "rejected"}
