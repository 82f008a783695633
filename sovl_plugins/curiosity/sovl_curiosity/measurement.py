"""How well ignorance ranks what is not known above what is: ``/curiosity measure FILE``.

It is a word of the plugin's own command, since it measures what this plugin makes of the life at hand, whatever that
is: one that was never told anything (general questions), or one after a night (what it was told against what it was
not). ``sovl eval`` judges nights, in lives of its own. Nothing is told, learned or entered into the journal here.

Whether a question is known is decided by the answer that comes, not by what the file calls it. A calibration is fitted
on one half of the file and measured on the other, and the other way round; wordings of one line stay together.
"""

from __future__ import annotations

import json
import random
from collections import deque
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Callable, Deque, Dict, List, Optional, Sequence, Tuple

from sovl_core.answer_match import says
from sovl_core.data_loader import json_objects, refuse_lines, texts_of
from sovl_core.error_handling import BadInput, DataError
from sovl_core.events import Turn
from sovl_core.utils import calculate_confidence_score
from sovl_curiosity.asking import try_answer
from sovl_curiosity.calibration import FEWEST, Calibration, calibrate
from sovl_curiosity.inquiry import REMEMBERED_VECTORS
from sovl_curiosity.metric import ignorance, novelty
from sovl_curiosity.quiz import ANSWER_TOKENS
from sovl_curiosity.ranking import auroc, auroc_error
from sovl_curiosity.signals import NAMES, Signals, signals_of

if TYPE_CHECKING:
    from torch import Tensor

    from sovl_core.plugin import PluginContext

EXAMPLE = (
    'Each line must be like {"ask": "What is the capital of France?", "answer": ["Paris"]}; with "tell", it is about '
    'something that this life was told; with an empty "answer", about something that it never was'
)
#: Signals that are the larger the surer the answer is.
SURE = ("mean_probability", "least_probability", "recalled")


@dataclass(frozen=True)
class Asked:
    """A question of a file; ``told`` is None where the file does not say whether the life was told the answer."""

    line: int
    question: str
    answers: Tuple[str, ...]
    told: Optional[bool] = None


@dataclass(frozen=True)
class Measured:
    """A question with the answer that came, whether that was right, and what each score makes of it.

    ``ignorance`` and ``novelty`` are the classic ones, ``classic`` their weighted sum; ``own`` is the ignorance by the
    life's own calibration, None where it has none.
    """

    asked: Asked
    reply: str
    known: bool
    signals: Signals
    ignorance: float
    novelty: float
    classic: float
    own: Optional[float] = None

    def values(self) -> Dict[str, Any]:
        """Return JSON-able values, flat."""
        values = {**asdict(self), **self.signals.__dict__, **self.asked.__dict__}
        return {key: value for key, value in values.items() if key not in ("signals", "asked")}


def read_questions(path: Path) -> List[Asked]:
    """Read the questions of a file; the facts of ``sovl eval`` have the same form.

    :raises DataError: when the file cannot be read or a line is wrong; each wrong line is named by its number.
    """
    found: List[Asked] = []
    problems: List[str] = []
    for number, entry, problem in json_objects(path):
        try:
            if entry is None:
                raise ValueError(problem)
            questions, answers = texts_of(entry, "ask"), tuple(texts_of(entry, "answer"))
            if not questions:
                raise ValueError('"ask" is missing')
        except ValueError as error:
            problems.append(f"{path}, line {number}: {error}")
            continue
        told = True if entry.get("tell") else (None if answers else False)
        found += [Asked(number, question, answers, told) for question in questions]
    refuse_lines(problems, EXAMPLE)
    if not found:
        raise DataError(f"{path}: nothing is asked in it", EXAMPLE)
    return found


def measure(
    asked: Sequence[Asked],
    context: PluginContext,
    calibration: Optional[Calibration] = None,
    each: Callable[[Measured], None] = lambda measured: None,
) -> List[Measured]:
    """Ask every question, in an order that does not follow the file's, greedily and without a journal entry.

    :param calibration: the life's own.
    :param each: told of each question when it was asked.
    :return: in the order of the file.
    """
    order = list(range(len(asked)))
    random.Random(0).shuffle(order)
    own: Deque[Tensor] = deque(maxlen=REMEMBERED_VECTORS)
    found: Dict[int, Measured] = {}
    for index in order:
        found[index] = _measured(asked[index], context, calibration, own)
        each(found[index])
    return [found[index] for index in range(len(asked))]


def report(measured: Sequence[Measured]) -> str:
    """Return tables for people: areas under the ROC curve by whether answers were right, and by what was told.

    :raises BadInput: when there are too few known or unknown questions to rank.
    """
    unknown = [not each.known for each in measured]
    parts = [_counts(measured)]
    told = [each for each in measured if each.asked.told is not None]
    by_telling = [not each.asked.told for each in told]
    enough = min(sum(unknown), len(unknown) - sum(unknown)) >= FEWEST
    enough_told = min(sum(by_telling), len(by_telling) - sum(by_telling)) >= FEWEST
    if not enough and not enough_told:
        raise BadInput(
            f"{parts[0]}: too few of one kind to rank, at least {FEWEST} of each are needed",
            "Give a file with more questions that this model can answer, and more that it cannot",
        )
    if enough:
        parts.append(_table("unknown (answered wrong) above known (answered right)", measured, unknown))
    if enough_told:
        parts.append(_table("never told above told", told, by_telling))
    return "\n\n".join(parts)


def halves(measured: Sequence[Measured], unknown: Sequence[bool]) -> List[Tuple[List[float], List[bool]]]:
    """Return, for each half of the lines, the ignorance of a calibration on the other half, with what is unknown.

    All questions of a line are in one half. Empty where a half has too few of either kind to be calibrated on.
    """
    found = []
    lines: Dict[int, int] = {}
    # Known and unknown alternate between the halves each by itself, in whatever order the file has them.
    turn_of = {True: 0, False: 0}
    for each, new in zip(measured, unknown):
        if each.asked.line not in lines:
            lines[each.asked.line] = turn_of[new]
            turn_of[new] = 1 - turn_of[new]
    for half in (0, 1):
        others = [(each, new) for each, new in zip(measured, unknown) if lines[each.asked.line] != half]
        made = calibrate(
            [each.signals for each, new in others if not new], [each.signals for each, new in others if new]
        )
        if made is None:
            return []
        mine = [(each, new) for each, new in zip(measured, unknown) if lines[each.asked.line] == half]
        found.append(([made.ignorance(each.signals) for each, _ in mine], [new for _, new in mine]))
    return found


def write_line(path: Path, measured: Measured) -> None:
    """Add what was measured of one question to a JSONL file."""
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(measured.values(), ensure_ascii=False) + "\n")


def _measured(asked: Asked, context: PluginContext, calibration: Optional[Calibration], own: Deque[Tensor]) -> Measured:
    from sovl_curiosity.embedding import embed

    settings, tokens = context.settings, context.settings.probe_tokens
    turn = Turn(asked.question, max_new_tokens=ANSWER_TOKENS, purpose="evaluation")
    reply = context.generate(turn)
    # What the metric sees is the beginning that it would have tried; the rest only tells whether the answer is right.
    confidence = calculate_confidence_score(reply.token_probabilities[:tokens])
    alone = confidence
    if context.journal.current_night() is not None:
        alone = try_answer(asked.question, context.generate, tokens, use_scaffold=False).confidence
    unknown = ignorance(alone, confidence)
    vector = embed(context.models(), asked.question)
    new = novelty(vector, [*turn.annotations.get("memory.vectors", ()), *own])
    own.append(vector)
    signals = signals_of(reply, tokens)
    classic = settings.ignorance_weight * unknown + settings.novelty_weight * new
    mine = None if calibration is None else calibration.ignorance(signals)
    known = any(says(reply.text, answer) for answer in asked.answers)
    return Measured(asked, reply.text, known, signals, unknown, new, classic, mine)


def _counts(measured: Sequence[Measured]) -> str:
    known = sum(each.known for each in measured)
    text = f"{len(measured)} questions: {known} answered right, {len(measured) - known} not"
    told = [each for each in measured if each.asked.told]
    never = [each for each in measured if each.asked.told is False]
    if told or never:
        text += f"; {len(told)} about what was told ({sum(each.known for each in told)} right), {len(never)} never told"
    return text


def _table(title: str, measured: Sequence[Measured], unknown: Sequence[bool]) -> str:
    lines = [f"AUROC, {title} ({sum(unknown)} and {len(unknown) - sum(unknown)}; 0.5 is chance)"]

    def add(name: str, area: Optional[float], error: float = 0.0) -> None:
        lines.append(f"  {name:<44}" + ("     -" if area is None else f"{area:6.3f} ± {error:.3f}"))

    def add_score(name: str, scores: Sequence[float]) -> None:
        add(name, *_area(scores, unknown))

    add_score("classic, weighted ignorance and novelty", [each.classic for each in measured])
    add_score("classic ignorance, 1 - confidence", [each.ignorance for each in measured])
    areas = [_area(scores, truth) for scores, truth in halves(measured, unknown)]
    if areas:
        error = sum(error**2 for _, error in areas) ** 0.5 / len(areas)
        add("calibrated on one half, asked on the other", sum(area for area, _ in areas) / len(areas), error)
    else:
        add("calibrated on one half, asked on the other", None)
    own = [each.own for each in measured if each.own is not None]
    if len(own) == len(measured):
        add_score("calibrated by the life's own quiz", own)
    lines.append("  alone:")
    for place, name in enumerate(NAMES):
        sign = -1.0 if name in SURE else 1.0
        add_score(f"  {name.replace('_', ' ')}", [sign * each.signals.values()[place] for each in measured])
    add_score("  novelty", [each.novelty for each in measured])
    return "\n".join(lines)


def _area(scores: Sequence[float], unknown: Sequence[bool]) -> Tuple[float, float]:
    area = auroc(scores, unknown)
    return area, auroc_error(area, sum(unknown), len(unknown) - sum(unknown))
