"""What was learned from answers: the loss on each before and after the night that learned it.

Asking is worth it while answers lower the loss; prediction error alone would spend its questions on what cannot be
learned (learning progress: Schmidhuber 1991; Oudeyer, Kaplan and Hafner 2007).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Dict, List, Optional, Sequence, Set, Tuple

from sovl_core.constants import KEPT_KINDS
from sovl_core.events import Feedback

if TYPE_CHECKING:
    from sovl_core.data_processing import Example
    from sovl_core.events import Night
    from sovl_core.journal import Journal
    from sovl_core.plugin import PluginContext
    from sovl_core.records import Episode, Question

#: Names of the measurements in the journal, in nats a token.
BEFORE, AFTER = "curiosity.answer_loss_before", "curiosity.answer_loss_after"
#: Name of what came of asking: by how many nats a token a night has lowered the loss on an answer.
GAINED = "curiosity.answer_loss_drop"
#: Answers of one night that are measured at most.
MEASURED = 16
#: The latest answers that say whether asking is worth it, and how many it takes to say so.
LATEST, FEWEST = 10, 5


@dataclass(frozen=True)
class Learned:
    """A question, the episode that answered it, and the loss on the answer before and after a night, nats a token."""

    question: str
    answer: str
    episode: int
    night: int
    before: float
    after: float

    @property
    def drop(self) -> float:
        """What the night took off the loss."""
        return self.before - self.after


def measure_answers(night: Night, context: PluginContext) -> List[Tuple[int, float, float]]:
    """Measure how well the answers that a night has learned are known, before it and now.

    The loss is that of the replies to questions about the answer that the night held out of training; where it held
    none out, that of the user's own words in reply to the question that was asked.

    :param night: with its candidate in place.
    :return: (episode, loss before, loss after) of each answer that could be measured, nats a token.
    :raises NightInterrupted: when the night has to end.
    """
    found = _answers(night, context.journal)[:MEASURED]
    if not found:
        return []
    examples = [_examples(context.journal, night.number, episode, question) for episode, question in found]
    after = [_loss(each, night, context) for each in examples]
    with night.by_day():
        before = [_loss(each, night, context) for each in examples]
    rows = zip((episode.id for episode, _ in found), before, after)
    return [row for row in rows if math.isfinite(row[1]) and math.isfinite(row[2])]


def enter(journal: Journal, night: int, measured: Sequence[Tuple[int, float, float]]) -> None:
    """Write measurements into the journal."""
    for episode, before, after in measured:
        journal.add_metric(BEFORE, before, night=night, episode=episode)
        journal.add_metric(AFTER, after, night=night, episode=episode)


def outcomes(measured: Sequence[Tuple[int, float, float]], journal: Journal, source: str) -> List[Feedback]:
    """Return what came of each question whose answer was measured, as feedback.

    :param source: the name of the plugin that asked.
    """
    return [
        Feedback("outcome", before - after, GAINED, episode, _question_of(journal, episode), source)
        for episode, before, after in measured
    ]


def learned(journal: Journal, limit: int = LATEST) -> List[Learned]:
    """Return what the nights in use have learned from answers, newest first."""
    current = journal.current_night()
    nights: Set[int] = set() if current is None else set(journal.ancestors(current))
    before = _by_episode(journal, BEFORE)
    found = []
    for (night, episode), after in _by_episode(journal, AFTER).items():
        answer = journal.episode(episode) if night in nights and (night, episode) in before else None
        if answer is not None:
            number = answer.details.get("question")
            question = journal.question(number) if isinstance(number, int) else None
            asked = "" if question is None else question.text
            found.append(Learned(asked, answer.prompt, episode, night, before[night, episode], after))
            if len(found) == limit:
                break
    return found


def progress(found: Sequence[Learned]) -> Optional[float]:
    """Return by how much answers have lowered the loss, mean in nats a token; None for too few of them."""
    drops = [each.drop for each in found]
    return sum(drops) / len(drops) if len(drops) >= FEWEST else None


def _question_of(journal: Journal, episode: int) -> Optional[int]:
    answer = journal.episode(episode)
    number = None if answer is None else answer.details.get("question")
    return number if isinstance(number, int) and journal.question(number) is not None else None


def _answers(night: Night, journal: Journal) -> List[Tuple[Episode, Question]]:
    """Return the night's new memories that answer a question, with it, newest first."""
    found = []
    for episode in reversed(night.memories):
        number = episode.details.get("question")
        # A deep night is handed what earlier ones have learned too.
        question = journal.question(number) if episode.night is None and isinstance(number, int) else None
        if question is not None:
            found.append((episode, question))
    return found


def _examples(journal: Journal, night: int, episode: Episode, question: Question) -> List[Example]:
    from sovl_core.data_processing import Example

    dreams = journal.dreams(night=night, episode=episode.id, verdict="accepted", limit=None, without=KEPT_KINDS)
    held_out = [Example(dream.prompt, dream.completion) for dream in dreams if dream.held_out]
    return held_out or [Example(question.text, episode.prompt)]


def _loss(examples: Sequence[Example], night: Night, context: PluginContext) -> float:
    from sovl_core.data_processing import tokenize_and_map
    from sovl_core.validation import validate_epoch

    night.breathe()
    models = night.models
    encoded = tokenize_and_map(models.base_tokenizer, examples, system_prompt=context.config.generation.system_prompt)
    return validate_epoch(models, [encoded], context.hooks).loss


def _by_episode(journal: Journal, name: str) -> Dict[Tuple[int, int], float]:
    """Return the latest value of a measurement by night and episode, newest first."""
    found: Dict[Tuple[int, int], float] = {}
    for metric in journal.metrics(name):
        if metric.night is not None and metric.episode is not None:
            found.setdefault((metric.night, metric.episode), metric.value)
    return found
