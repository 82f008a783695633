from __future__ import annotations

import io
import re
from typing import Any, Dict

import pytest

from sovl_core.cli.terminal import make_console
from sovl_core.evaluation.facts import Asked, Fact
from sovl_core.evaluation.questions import Answered, Examination, FactResult
from sovl_core.evaluation.report import notes, print_evaluation
from sovl_core.evaluation.results import ArmResult, EvaluationResult, NightResult
from sovl_core.evaluation.seeds import merged

pytestmark = pytest.mark.no_torch


def _arm(right: bool, **fields: object) -> ArmResult:
    fact = Fact("My dog is Rex.", Asked(("Dog?",), ("Rex",)))
    examination = Examination([FactResult(fact, [Answered("Dog?", "Rex", right)])], [Answered("Horse?", "?", False)])
    return ArmResult(examination, 0.0, 0.0123, 1.004, 0.95, **fields)  # type: ignore[arg-type]


def _printed(values: Dict[str, Any]) -> str:
    stream = io.StringIO()
    print_evaluation(make_console(stream), values)
    return stream.getvalue()


def test_arms_nights_and_notes_are_shown() -> None:
    night = NightResult(1, 1, "partial", "", 60, 65.0, [1.0], 0.5)
    fields = {"backward_transfer": -0.5, "seconds": 65.0, "trainable_parameters": 5473925}
    sovl = _arm(True, nights=[night], coinciding=["Dog?"], notes=["a note"], **fields)
    text = _printed(EvaluationResult(1, {"base": _arm(False), "sovl": sovl}).values())
    assert "1 fact, 1 question, 1 about what was never told" in text
    rows = {line.split()[0]: line.split() for line in text.splitlines() if line.strip()}
    assert rows["base"][1:9] == ["0.00", "0.00", "–", "0.00", "0.0123", "1.0040", "0.95", "–"]
    assert [word for word in ("-0.50", "1 min 5 s", "5,473,925") if word not in text] == []
    assert "partial" in text
    assert "sovl: a note" in text
    assert "sovl: 1 question in the words of a trained dream" in text


def test_without_nights_there_is_no_table_of_them() -> None:
    assert "Nights" not in _printed(EvaluationResult(1, {"base": _arm(False)}).values())


def _values(recall: bool, seconds: float = 60.0) -> Dict[str, Any]:
    return EvaluationResult(1, {"sovl": _arm(recall, trainable_parameters=10, seconds=seconds)}).values()


def test_of_several_seeds_the_least_and_the_greatest_stand_below_the_mean() -> None:
    text = _printed(merged({"1": _values(True), "2": _values(False, 60.1)}))
    assert "1 fact, 1 question, 1 about what was never told; mean of the seeds 1, 2" in text
    row, below = [line.split() for line in text.splitlines() if "0.50" in line or "0.00 to 1.00" in line]
    assert row[:3] == ["sovl", "0.00", "0.50"]
    # What is the same in all seeds, as it is written, has no spread.
    assert below == ["0.00", "to", "1.00"]


def test_what_is_missing_is_told() -> None:
    whole, part = _values(True), EvaluationResult(1, {"base": _arm(False)}, complete=False).values()
    lines = notes(merged({"1": whole, "2": part}, complete=False))
    assert [line for line in lines if "Unfinished" in line]
    assert "base: of the seeds 2 alone" in lines
    assert "sovl: of the seeds 1 alone" in lines
    assert not any("alone" in line or "Unfinished" in line for line in notes(whole))


def test_a_result_of_somebody_else_is_shown_as_far_as_it_goes() -> None:
    text = _printed({"facts": 3, "arms": {"rag": {"recall": 0.5, "nights": [{"night": 1}]}}})
    assert "3 facts" in text
    assert re.search(r"rag +– +0\.50 +–", text)
