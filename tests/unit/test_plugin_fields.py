"""What a plugin leaves in the fields of what hooks carry: the wrong kind is told and put back, all else is left."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, Dict

import pytest

from sovl_core.events import Dream, Idle, Reply, StepResult, Turn
from sovl_core.plugin import StatusPanel
from sovl_core.plugin_fields import put_back, wrong_field

pytestmark = pytest.mark.no_torch


class ScalarLike:
    """As numpy's numbers and tensors of one element are."""

    def __float__(self) -> float:
        return 0.5


@pytest.mark.parametrize(
    "carried",
    [
        Reply("hello", question=None, token_ids=(1, 2)),  # type: ignore[arg-type]
        Reply("hello", question="Why?", seconds=3),
        StepResult(loss=ScalarLike(), skipped=None),  # type: ignore[arg-type]
        StatusPanel("Mood", {"fine": True}),
        Idle(1.0, wants_sleep="tired"),
        SimpleNamespace(text=7),
        None,
        42,
    ],
)
def test_what_fits_is_left_alone(carried: Any) -> None:
    assert wrong_field(carried) == ""


@pytest.mark.parametrize(
    ("carried", "problem"),
    [
        (Reply(7), "Reply.text is int and has to be str"),  # type: ignore[arg-type]
        (Reply("hello", question=7), "Reply.question is int and has to be str"),  # type: ignore[arg-type]
        (Reply("hello", episode="7"), "Reply.episode is str and has to be int"),  # type: ignore[arg-type]
        (Dream("question", "p", None), "Dream.completion is NoneType and has to be str"),  # type: ignore[arg-type]
        (Dream("question", "p", "c", "12"), "Dream.parents is str and has to be list"),  # type: ignore[arg-type]
        (StepResult(loss="small"), "StepResult.loss is str and has to be float"),  # type: ignore[arg-type]
        (StatusPanel("Mood", ["fine"]), "StatusPanel.rows is list and has to be dict"),  # type: ignore[arg-type]
    ],
)
def test_what_does_not_fit_is_told(carried: Any, problem: str) -> None:
    assert wrong_field(carried) == problem


def test_only_what_has_changed_is_looked_at_and_put_back() -> None:
    turn = Turn("hello", conversation=None)  # type: ignore[arg-type]
    before: Dict[str, Any] = dict(vars(turn))
    assert put_back(turn, before) == ""
    turn.max_new_tokens = 3
    turn.prompt, turn.history = 7, None  # type: ignore[assignment]
    assert put_back(turn, before) == "Turn.prompt is int and has to be str"
    assert (turn.prompt, turn.history, turn.max_new_tokens) == ("hello", before["history"], 3)
