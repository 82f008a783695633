from __future__ import annotations

from typing import List

import pytest

from sovl_core.cli.night_board import NightBoard, outcome_text
from sovl_core.error_handling import SOVLError
from sovl_core.events import NightInterrupted, NightReport, Progress

pytestmark = pytest.mark.no_torch


def test_the_line_is_there_while_asleep_and_redrawn_at_each_change() -> None:
    drawn: List[int] = []
    board = NightBoard(lambda: drawn.append(1))
    assert board.line is None
    board.progress(Progress("training", 3, 40, loss=1.0))
    assert board.line is not None
    assert "asleep · training 3/40 · loss 1.000" in board.line
    board.awake()
    assert board.line is None
    assert len(drawn) == 2


@pytest.mark.parametrize(
    ("outcome", "said"),
    [
        (
            NightReport("accepted", learned=[1, 2], number=3),
            "Night 3 is over: accepted. It learned 2 of what was lived.",
        ),
        (NightReport("set_aside", reason="it drifted"), "A night is over: set aside (it drifted)."),
        (NightReport("nothing"), ""),
        (NightInterrupted("leaving"), ""),
        (SOVLError("The disk is full", "Make room"), "The night failed: The disk is full. Make room"),
        (ValueError("odd"), "The night failed: ValueError: odd"),
    ],
)
def test_what_came_of_it_in_one_sentence(outcome: object, said: str) -> None:
    assert outcome_text(outcome) == said
