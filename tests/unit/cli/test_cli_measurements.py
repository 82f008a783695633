from __future__ import annotations

import math
from typing import Any

import pytest

from sovl_core.cli.measurements import measured, measured_pairs, share_text

pytestmark = pytest.mark.no_torch


def test_a_share_stands_beside_what_it_is_of() -> None:
    metrics = {"recall": 1.0, "false_recall": 0.25, "old_recall": None, "loss": 0.5, "judged": 3}
    of = {"recall": 3, "false_recall": 4, "old_recall": 0}
    shown = {"recall": "1 (3 of 3)", "false recall": "0.25 (1 of 4)", "old recall": None, "loss": 0.5, "judged": 3}
    assert measured({**metrics, "of": of}) == shown
    assert measured(metrics) == {key.replace("_", " "): value for key, value in metrics.items()}


def test_of_two_nights_each_has_its_own() -> None:
    pairs = {"false_recall": (0.25, 0.5), "of.false_recall": (None, 24), "drift": (0.0, None)}
    assert measured_pairs(pairs) == {"false recall": (0.25, "0.5 (12 of 24)"), "drift": (0.0, None)}


@pytest.mark.parametrize("of", [None, 0, -4, "4", 4.0, True, 3])
def test_what_a_plugin_says_of_it_may_be_anything(of: Any) -> None:
    assert share_text(0.25, of) == 0.25
    assert measured({"recall": 0.25, "of": of}) == {"recall": 0.25, "of": of}


@pytest.mark.parametrize("share", [math.nan, math.inf, -0.25, 1.25, "0.25", True, None, [0.25]])
def test_what_is_no_share_is_left_as_it_is(share: Any) -> None:
    assert share_text(share, 4) is share
