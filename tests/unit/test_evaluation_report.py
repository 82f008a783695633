from __future__ import annotations

import io

import pytest

from sovl_core.cli.terminal import make_console
from sovl_core.evaluation.facts import Asked, Fact
from sovl_core.evaluation.questions import Answered, Examination, FactResult
from sovl_core.evaluation.report import print_evaluation
from sovl_core.evaluation.results import ArmResult, EvaluationResult, NightResult

pytestmark = pytest.mark.no_torch


def _arm(right: bool, **fields: object) -> ArmResult:
    fact = Fact("My dog is Rex.", Asked(("Dog?",), ("Rex",)))
    examination = Examination([FactResult(fact, [Answered("Dog?", "Rex", right)])], [Answered("Horse?", "?", False)])
    return ArmResult(examination, 0.0, 0.0123, 1.004, 0.95, **fields)  # type: ignore[arg-type]


def _printed(result: EvaluationResult) -> str:
    stream = io.StringIO()
    print_evaluation(make_console(stream), result)
    return stream.getvalue()


def test_arms_nights_and_notes_are_shown() -> None:
    night = NightResult(1, 1, "partial", "", 60, 65.0, [1.0], 0.5)
    fields = {"backward_transfer": -0.5, "seconds": 65.0, "trainable_parameters": 5473925}
    sovl = _arm(True, nights=[night], coinciding=["Dog?"], notes=["a note"], **fields)
    text = _printed(EvaluationResult(1, 1, {"base": _arm(False), "sovl": sovl}))
    assert "1 fact, 1 question, 1 about what was never told" in text
    rows = {line.split()[0]: line.split() for line in text.splitlines() if line.strip()}
    assert rows["base"][1:9] == ["0.00", "0.00", "–", "0.00", "0.0123", "1.0040", "0.95", "–"]
    assert [word for word in ("-0.50", "1 min 5 s", "5,473,925") if word not in text] == []
    assert "partial" in text
    assert "sovl: a note" in text
    assert "sovl: 1 question in the words of a trained dream" in text


def test_without_nights_there_is_no_table_of_them() -> None:
    assert "Nights" not in _printed(EvaluationResult(1, 1, {"base": _arm(False)}))
