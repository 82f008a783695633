"""Calibrated ignorance: from the signals of one greedy pass to the chance that the answer is not known.

A logistic regression, small enough to be fitted in plain Python each morning. It is fitted on questions of which the
life knows whether it knows them, and judged on those of them that it was not fitted on.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any, Dict, List, Optional, Sequence, Tuple

from sovl_curiosity.ranking import auroc
from sovl_curiosity.signals import NAMES, Signals

#: Fewer questions than this of either side are too few to fit anything to. A night of six facts has as many.
FEWEST = 6
#: Weight of the penalty on squared coefficients, in questions: it keeps few questions from saying too much.
PENALTY = 1.0
#: Newton's method is at its end after a handful of steps; the penalty keeps it from running off.
STEPS = 25


@dataclass(frozen=True)
class Calibration:
    """Coefficients on standardised signals, in the order of ``signals.NAMES``, and what they were fitted to.

    ``known`` and ``unknown`` count the questions. ``area`` is the area under the ROC curve on the half of them that was
    left out of the fit, mean over both halves; ``classic_area`` that of ``1 - confidence`` on the same questions.
    """

    means: Tuple[float, ...]
    scales: Tuple[float, ...]
    weights: Tuple[float, ...]
    bias: float
    known: int
    unknown: int
    area: float
    classic_area: float

    def ignorance(self, signals: Signals) -> float:
        """Return the chance, in [0, 1], that the answer is not known, both being as likely beforehand."""
        standard = _standardised(signals.values(), self.means, self.scales)
        return _sigmoid(self.bias + sum(weight * value for weight, value in zip(self.weights, standard)))

    @property
    def trusted(self) -> bool:
        """True when it ranked the questions at least as well as the classic formula did."""
        return self.area >= self.classic_area

    def to_dict(self) -> Dict[str, Any]:
        """Return JSON-able values."""
        values = asdict(self)
        return {**values, "signals": list(NAMES), **{key: list(values[key]) for key in ("means", "scales", "weights")}}

    @classmethod
    def from_dict(cls, values: Dict[str, Any]) -> Optional[Calibration]:
        """Return what :meth:`to_dict` gave; None where it was made of other signals than there are today."""
        if values.get("signals") != list(NAMES):
            return None
        try:
            rows = [tuple(float(value) for value in values[key]) for key in ("means", "scales", "weights")]
            counts = [int(values[key]) for key in ("known", "unknown")]
            bias, area, classic_area = (float(values[key]) for key in ("bias", "area", "classic_area"))
        except (KeyError, TypeError, ValueError):
            return None
        if any(len(row) != len(NAMES) for row in rows):
            return None
        return cls(rows[0], rows[1], rows[2], bias, counts[0], counts[1], area, classic_area)


def calibrate(known: Sequence[Signals], unknown: Sequence[Signals]) -> Optional[Calibration]:
    """Fit a calibration; None where there are too few questions of either side.

    Both sides weigh the same, however many there are of each.

    :param known: signals of answers to questions whose answer is known.
    :param unknown: of those whose answer is not.
    """
    if min(len(known), len(unknown)) < FEWEST:
        return None
    halves = [(list(known[start::2]), list(unknown[start::2])) for start in (0, 1)]
    areas = [_area(_fit(*halves[1 - half]), *halves[half]) for half in (0, 1)]
    means, scales, weights, bias = _fit(known, unknown)
    classic = auroc(
        [1.0 - signals.mean_probability for signals in (*known, *unknown)], [False] * len(known) + [True] * len(unknown)
    )
    return Calibration(means, scales, weights, bias, len(known), len(unknown), sum(areas) / 2, classic)


_Fit = Tuple[Tuple[float, ...], Tuple[float, ...], Tuple[float, ...], float]


def _area(fit: _Fit, known: Sequence[Signals], unknown: Sequence[Signals]) -> float:
    scorer = Calibration(*fit, known=0, unknown=0, area=0.0, classic_area=0.0)
    scores = [scorer.ignorance(signals) for signals in (*known, *unknown)]
    return auroc(scores, [False] * len(known) + [True] * len(unknown))


def _fit(known: Sequence[Signals], unknown: Sequence[Signals]) -> _Fit:
    """Return means, scales, weights and bias of a ridge-penalised logistic regression (iteratively reweighted)."""
    rows = [signals.values() for signals in (*known, *unknown)]
    targets = [0.0] * len(known) + [1.0] * len(unknown)
    half = len(rows) / 2
    importance = [half / len(known)] * len(known) + [half / len(unknown)] * len(unknown)
    columns = list(zip(*rows))
    means = tuple(sum(column) / len(column) for column in columns)
    scales = tuple(_deviation(column, mean) for column, mean in zip(columns, means))
    points = [(1.0, *_standardised(row, means, scales)) for row in rows]
    weights = [0.0] * (len(means) + 1)
    for _ in range(STEPS):
        step = _newton_step(points, targets, importance, weights)
        weights = [weight + change for weight, change in zip(weights, step)]
        if max(abs(change) for change in step) < 1e-8:
            break
    return means, scales, tuple(weights[1:]), weights[0]


def _newton_step(
    points: Sequence[Sequence[float]], targets: Sequence[float], importance: Sequence[float], weights: Sequence[float]
) -> List[float]:
    size = len(weights)
    # The bias is not penalised, but for what keeps the matrix from being singular.
    penalty = [1e-6, *[PENALTY] * (size - 1)]
    gradient = [-penalty[i] * weights[i] for i in range(size)]
    curvature = [[penalty[i] if i == j else 0.0 for j in range(size)] for i in range(size)]
    for point, target, weight in zip(points, targets, importance):
        chance = _sigmoid(sum(w * x for w, x in zip(weights, point)))
        error, slope = weight * (target - chance), weight * chance * (1.0 - chance)
        for i in range(size):
            gradient[i] += error * point[i]
            for j in range(size):
                curvature[i][j] += slope * point[i] * point[j]
    return _solve(curvature, gradient)


def _solve(matrix: List[List[float]], right: List[float]) -> List[float]:
    """Return x with ``matrix`` x = ``right``, by Gaussian elimination with pivoting; a handful of unknowns."""
    size = len(right)
    rows = [[*row, value] for row, value in zip(matrix, right)]
    for column in range(size):
        pivot = max(range(column, size), key=lambda row: abs(rows[row][column]))
        rows[column], rows[pivot] = rows[pivot], rows[column]
        for below in range(column + 1, size):
            factor = rows[below][column] / rows[column][column]
            rows[below] = [value - factor * above for value, above in zip(rows[below], rows[column])]
    found = [0.0] * size
    for row in range(size - 1, -1, -1):
        rest = sum(rows[row][column] * found[column] for column in range(row + 1, size))
        found[row] = (rows[row][size] - rest) / rows[row][row]
    return found


def _standardised(row: Sequence[float], means: Sequence[float], scales: Sequence[float]) -> Tuple[float, ...]:
    return tuple((value - mean) / scale for value, mean, scale in zip(row, means, scales))


def _deviation(column: Sequence[float], mean: float) -> float:
    variance = sum((value - mean) ** 2 for value in column) / len(column)
    # A signal that is the same everywhere says nothing: its standardised value is 0 wherever it was fitted.
    return math.sqrt(variance) if variance > 1e-12 else 1.0


def _sigmoid(z: float) -> float:
    # exp of a large positive number overflows; either branch only takes exp of what is not positive.
    if z >= 0:
        return 1.0 / (1.0 + math.exp(-z))
    return math.exp(z) / (1.0 + math.exp(z))
