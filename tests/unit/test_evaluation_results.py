from __future__ import annotations

import json
import math
from pathlib import Path
from typing import List, Optional

import pytest

from sovl_core.evaluation.facts import Asked, Fact
from sovl_core.evaluation.questions import Answered, Examination, FactResult
from sovl_core.evaluation.results import (
    ArmResult,
    EvaluationResult,
    NightResult,
    backward_transfer,
    enter_end,
    enter_morning,
    json_safe,
)

pytestmark = pytest.mark.no_torch

FIGURES = [
    "recall_before",
    "recall",
    "reverse_recall",
    "false_recall",
    "kl",
    "perplexity_ratio",
    "bit_exact_off_topic",
    "backward_transfer",
    "seconds",
    "trainable_parameters",
    "nights",
]


def _night(number: int, morning: List[Optional[float]]) -> NightResult:
    metrics = {"recall": math.nan}
    return NightResult(number, len(morning), "accepted", "", 3, 1.5, morning, metrics=metrics)


def test_an_arm_as_json_has_all_figures_and_what_a_person_can_look_up() -> None:
    right = Answered("Dog?", "Rex", True)
    fact = Fact("My dog is Rex.", Asked(("Dog?",), ("Rex",)))
    arm = ArmResult(
        Examination([FactResult(fact, [right])], [Answered("Horse?", "Rex", True)]),
        0.0,
        math.inf,
        1.01,
        0.9,
        nights=[_night(1, [1.0])],
        coinciding=["Dog?"],
        notes=["a note"],
    )
    values = EvaluationResult(1, {"sovl": arm}, {"seed": 3}).values()
    found = json.loads(json.dumps(values, allow_nan=False))
    assert list(found) == ["facts", "arms", "about"]
    sovl = found["arms"]["sovl"]
    assert list(sovl)[: len(FIGURES)] == FIGURES
    assert (sovl["recall"], sovl["reverse_recall"], sovl["false_recall"], sovl["kl"]) == (1.0, None, 1.0, None)
    assert sovl["per_fact"][0]["ask"] == [{"question": "Dog?", "reply": "Rex", "right": True}]
    assert sovl["never_told"][0]["reply"] == "Rex"
    assert (sovl["coinciding_questions"], sovl["coinciding"], sovl["notes"]) == (1, ["Dog?"], ["a note"])
    night = sovl["nights"][0]
    assert (night["night"], night["recall"], night["metrics"]) == (1, 1.0, {"recall": None})


def test_backward_transfer_is_the_mean_change_since_the_morning_after() -> None:
    nights = [_night(1, [1.0, None, 0.5]), _night(2, [1.0])]
    assert backward_transfer(nights, [0.0, None, 1.0, 1.0]) == pytest.approx((-1.0 + 0.5 + 0.0) / 3)
    assert backward_transfer([_night(1, [None])], [None]) is None


def test_paths_are_text() -> None:
    assert json_safe({"settings": {"core.base_model": Path("model")}}) == {"settings": {"core.base_model": "model"}}


def test_numbers_that_json_cannot_hold_are_none() -> None:
    assert json_safe({"a": [math.nan, 1.0, (math.inf,)], 3: "b"}) == {"a": [None, 1.0, [None]], "3": "b"}


def test_every_morning_says_what_is_left_of_each_nights_facts() -> None:
    nights = [_night(1, [None, None])]
    enter_morning(nights, [1.0, 0.5])
    nights.append(_night(2, [None]))
    enter_morning(nights, [0.0, 0.5, None])
    enter_end(nights)
    assert [night.recall_of_nights for night in nights] == [[0.75], [0.25, None]]
    assert (nights[0].morning, nights[1].morning) == ([1.0, 0.5], [None])
    assert [(night.recall, night.recall_at_end) for night in nights] == [(0.75, 0.25), (None, None)]
    assert nights[0].values()["recall_of_nights"] == [0.75]


def test_what_is_unfinished_says_so() -> None:
    assert EvaluationResult(1, {}, complete=False).values()["complete"] is False
    assert "complete" not in EvaluationResult(1, {}).values()
