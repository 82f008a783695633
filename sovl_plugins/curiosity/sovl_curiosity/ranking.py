"""How well a score ranks: the area under the ROC curve, with its standard error."""

from __future__ import annotations

import math
from typing import Sequence


def auroc(scores: Sequence[float], positive: Sequence[bool]) -> float:
    """Return the chance that a positive is scored above a negative, equal scores counting half; NaN without either.

    Source: Mann and Whitney's U over the number of pairs (Hanley and McNeil 1982).

    :param scores: finite numbers, one an item.
    :param positive: which of the items ought to be scored high.
    """
    positives = sum(positive)
    negatives = len(positive) - positives
    if not positives or not negatives:
        return math.nan
    order = sorted(range(len(scores)), key=lambda index: scores[index])
    rank_sum, start = 0.0, 0
    while start < len(order):
        end = start
        while end < len(order) and scores[order[end]] == scores[order[start]]:
            end += 1
        # Ranks count from 1; equals share the middle one.
        middle = (start + 1 + end) / 2
        rank_sum += middle * sum(positive[index] for index in order[start:end])
        start = end
    return (rank_sum - positives * (positives + 1) / 2) / (positives * negatives)


def auroc_error(area: float, positives: int, negatives: int) -> float:
    """Return the standard error of an area, by the formula of Hanley and McNeil (Radiology 143, 1982)."""
    if not positives or not negatives:
        return math.nan
    alike = area / (2 - area)
    twice = 2 * area * area / (1 + area)
    spread = area * (1 - area) + (positives - 1) * (alike - area**2) + (negatives - 1) * (twice - area**2)
    return math.sqrt(max(0.0, spread) / (positives * negatives))
