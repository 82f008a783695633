from __future__ import annotations

from typing import Any

import pytest

from sovl_core.events import Dream, NightReport, Reply, StepResult, Utterance
from sovl_core.plugin import Command, StatusPanel
from sovl_core.plugin_trace import in_short

pytestmark = pytest.mark.no_torch


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (None, ""),
        ((letter for letter in "ab"), ""),
        (Reply("Rex.\nHe is\ta dog."), "Reply 'Rex. He is a dog.'"),
        (Reply("x" * 33), f"Reply '{'x' * 31}…'"),
        (StepResult(loss=0.12345), "StepResult 0.1235"),
        (StepResult.skip("no"), "StepResult 'no'"),
        (NightReport("accepted"), "NightReport 'accepted'"),
        (Utterance("Hm."), "Utterance 'Hm.'"),
        (StatusPanel("Mood", {}), "StatusPanel 'Mood'"),
        ([Dream("question", "a", "b")] * 3, "3 x Dream"),
        ([Command("shout", "", lambda words, options: "")], "1 x Command"),
        ([], "none"),
        (42, "int"),
    ],
)
def test_results_in_short(value: Any, said: str) -> None:
    assert in_short(value) == said
