from __future__ import annotations

import json
import math
from dataclasses import replace
from typing import Any, List, Tuple

import pytest

from sovl_core.night_difference import Movement, NightDifference
from sovl_core.records import Episode

pytestmark = pytest.mark.no_torch

DIFFERENCE = NightDifference(
    1,
    3,
    only_first=[Episode(4, "c", "I live in Oslo.\x1b[2J")],
    only_second=[Episode(number, "c", f"Fact {number}.") for number in range(10, 35)],
    metrics={"recall": (0.5, 0.75), "of.recall": (None, 4), "drift_full": (None, 0.125)},
    plugins={"dream": ("sovl-dream 0.1.0", "sovl-dream 0.2.0")},
    settings={"core.seed": (0, 7), "core.scaffold_cut": (None, 2), "plugins.dream.noise": (None, 0.5)},
    weights=[Movement("scaffold", 0.125, 4), Movement("recall", None, 0, 1, 2), Movement("gate", math.inf, 1)],
    problems=["night 9 left no weights: set aside"],
)


@pytest.fixture
def compared(shell: Any) -> Tuple[Any, List[Any]]:
    """The shell, with nights that differ, and which nights were asked for."""
    asked: List[Any] = []

    def prepare(system: Any) -> None:
        def compare(first: Any, second: Any) -> NightDifference:
            asked.append((first, second))
            return replace(DIFFERENCE, first=first, second=second)

        system.compare_nights = compare

    shell.prepare = prepare
    return shell, asked


def test_two_nights_side_by_side(compared: Any) -> None:
    shell, asked = compared
    assert shell("nights", "diff", "1", "3") == 0
    assert asked == [(1, 3)]
    assert shell.system.opened_with["read_only"] is True
    rows = [line.split() for line in shell.out.splitlines()]
    text = "\n".join(" ".join(row) for row in rows)
    for expected in (
        "Known in night 1 alone: 1\n#4 I live in Oslo.",
        "Known in night 3 alone: 25\n#10 Fact 10.",
        "… and 5 more: --json lists them all",
        "measured night 1 night 3",
        "recall 0.5 0.75 (3 of 4)",
        "drift full – 0.125",
        "dream sovl-dream 0.1.0 sovl-dream 0.2.0",
        "core.seed 0 7",
        "core.scaffold_cut – 2",
        "plugins.dream.noise default 0.5",
        "scaffold 12.50% 0 0",
        "recall – 1 2",
        "gate from zero 0 0",
        "Not compared: night 9 left no weights: set aside",
    ):
        assert expected in text
    assert "Fact 30." not in text
    assert "of.recall" not in text


def test_before_the_first_night(compared: Any) -> None:
    shell, asked = compared
    assert shell("nights", "diff", "none", "3") == 0
    assert asked == [(None, 3)]
    assert "before the first" in shell.out
    assert shell("nights", "diff", "3", "3") == 0
    assert shell.out == "These are the same: night 3.\n"


def test_nights_that_know_the_same(shell: Any) -> None:
    def prepare(system: Any) -> None:
        system.compare_nights = NightDifference

    shell.prepare = prepare
    assert shell("nights", "diff", "1", "2") == 0
    assert shell.out == "Both know the same memories.\n"


def test_as_json(compared: Any) -> None:
    shell, _ = compared
    assert shell("nights", "diff", "1", "3", "--json") == 0
    data = json.loads(shell.out, parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))
    assert data["only_first"] == [{"episode": 4, "prompt": "I live in Oslo.\x1b[2J"}]
    assert len(data["only_second"]) == 25
    assert data["metrics"]["recall"] == [0.5, 0.75]
    assert [one["relative"] for one in data["weights"]] == [0.125, None, None]


@pytest.mark.parametrize("arguments", [["1", "yesterday"], ["1"], ["-1", "2"]])
def test_what_is_no_night(compared: Any, arguments: List[str]) -> None:
    shell, asked = compared
    assert shell("nights", "diff", *arguments) == 2
    assert asked == []
