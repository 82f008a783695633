"""Confirming what the relevance gate takes a prompt to be about, by what was told."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Callable, List, Optional, Tuple

from sovl_core.records import Question
from sovl_cross_attention.somebody_else import asks_of_another

if TYPE_CHECKING:
    from sovl_core.journal import Journal
    from sovl_core.models import Models
    from sovl_cross_attention.answer_probe import AnswerProbe

#: A memory's number and the probability that a prompt is about it.
Recalled = Tuple[int, float]

#: Relevance below which nobody needs to look closer.
LEAST_RELEVANCE = 0.1
#: Share of the relevance below which a memory is no candidate.
LEAST_SHARE = 0.1
#: The gate is often surer than it can know: its log-odds count no more than this, in nats.
MOST_LOG_ODDS = 4.0
#: Most that the probe adds, in nats: it knows questions close by, and takes a page of prose for anything.
MOST_LIFT = 2.0
#: Taken off the log-odds, in nats: to keep silent is a smaller fault than to answer with what was never told.
CAUTION = 1.0


def told_in(journal: Journal, memory: int) -> Optional[str]:
    """Return what the user told in a turn, after the question it answers, if any; None where there is no such turn.

    A correction stands after what the user had asked.
    """
    episode = journal.episode(memory)
    if episode is None:
        return None
    answered = journal.answered_by(episode)
    if isinstance(answered, Question):
        asked = answered.text
    else:
        asked = answered.prompt if answered is not None and answered.prompt.endswith("?") else ""
    return f"{asked} {episode.prompt}" if asked else episode.prompt


def of_whom_it_asks(
    prompt: str, relevance: float, likely: List[Recalled], told: Callable[[int], Optional[str]]
) -> Tuple[float, List[Recalled]]:
    """Return relevance and memories of a prompt without those that tell of somebody or something else by name.

    :param relevance: as for :func:`confirm`; so are ``likely`` and ``told``.
    :return: the relevance that is left is the share that the memories left have in what all of them had.
    """
    if relevance < LEAST_RELEVANCE:
        return relevance, likely
    left = [(memory, p) for memory, p in likely if not asks_of_another(told(memory) or "", prompt)]
    whole = sum(p for _, p in likely)
    return (relevance * sum(p for _, p in left) / whole if whole else relevance), left


def confirm(
    probe: AnswerProbe,
    models: Models,
    prompt: str,
    relevance: float,
    likely: List[Recalled],
    told: Callable[[int], Optional[str]],
) -> Tuple[float, List[Recalled]]:
    """Return relevance and memories of a prompt after a look at what was told.

    The log-odds of gate and probe are added, as of two witnesses who do not know of each other.

    :param relevance: probability that the prompt is about some memory, by the gate.
    :param likely: memories it may be about, by the gate, likeliest first.
    :param told: what a memory's turn told, None where there is none any more.
    """
    if relevance < LEAST_RELEVANCE:
        return relevance, likely
    whole = sum(p for _, p in likely) or 1.0
    found = [(memory, p, told(memory)) for memory, p in likely if p >= LEAST_SHARE * whole]
    candidates = [(memory, p, text) for memory, p, text in found if text is not None]
    if not candidates:
        return 0.0, []
    matches = probe.match(models, [(text, prompt) for _, _, text in candidates])
    weighed = sorted(
        ((p * match, match, memory) for (memory, p, _), match in zip(candidates, matches)),
        key=lambda entry: -entry[0],
    )
    total = sum(weight for weight, _, _ in weighed) or 1.0
    odds = max(-MOST_LOG_ODDS, min(MOST_LOG_ODDS, _log_odds(relevance))) - CAUTION
    odds += min(MOST_LIFT, _log_odds(weighed[0][1]))
    return 1.0 / (1.0 + math.exp(-odds)), [(memory, weight / total) for weight, _, memory in weighed]


def _log_odds(probability: float) -> float:
    kept = min(1 - 1e-6, max(1e-6, probability))
    return math.log(kept / (1 - kept))
