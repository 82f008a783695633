from __future__ import annotations

import json
from typing import Any

import pytest

from sovl_core.events import Dream

pytestmark = pytest.mark.no_torch


@pytest.fixture
def slept(shell: Any) -> Any:
    """Two accepted nights, the second from the first, and one that was set aside."""

    def live(system: Any) -> None:
        if system.journal.nights():
            return
        for parent in (None, 1):
            episode = system.tell(f"Fact {parent}.")
            number = system.journal.open_night(parent, "command", {"dream": "sovl-dream 0.1.0"})
            system.journal.add_dreams(number, [Dream("question", "Q?", "A.", parents=[episode.id])])
            report = {"learned": [episode.id], "metrics": {"recall": {"new": 0.75}}, "steps": 9, "reason": ""}
            system.journal.accept_night(number, "accepted", [episode.id], report)
        number = system.journal.open_night(2, "gestation", {})
        system.journal.close_night(number, "set_aside", {"reason": "it drifted\x1b[2J too far"})

    shell.prepare = live
    return shell


def test_before_the_first_night(shell: Any) -> None:
    assert shell("nights") == 0
    assert "No night yet" in shell.out
    assert shell("nights", "undo") == 2
    assert "no night to undo" in shell.err


@pytest.mark.parametrize("arguments", [["nights"], ["nights", "list"]])
def test_the_current_night_is_marked(slept: Any, arguments: list) -> None:
    assert slept(*arguments) == 0
    rows = [line.split() for line in slept.out.splitlines() if "accepted" in line or "aside" in line]
    assert len(rows) == 3
    assert [row[0] == "→" for row in sorted(rows, key=lambda row: row[1] if row[0] == "→" else row[0])].count(True) == 1
    assert next(row for row in rows if row[0] == "→")[1] == "2"
    assert "it drifted too far" in slept.out


def test_as_json(slept: Any) -> None:
    assert slept("nights", "list", "--json") == 0
    listed = json.loads(slept.out)
    assert {night["number"]: night["current"] for night in listed} == {1: False, 2: True, 3: False}


def test_one_night_with_its_dreams(slept: Any) -> None:
    assert slept("nights", "show", "2", "--dreams") == 0
    for text in ("2 (current)", "night 1", "1 of what was lived", "recall new", "0.75", "sovl-dream 0.1.0", "Q?"):
        assert text in slept.out
    assert slept("nights", "show", "2", "--dreams", "--json") == 0
    shown = json.loads(slept.out)
    assert shown["dreams"][0]["prompt"] == "Q?"


def test_a_night_that_never_was(slept: Any) -> None:
    assert slept("nights", "show", "9") == 2
    assert "There is no night 9" in slept.err
    assert slept.err.rstrip().endswith("sovl nights list")


def test_undo_goes_back_one_night_at_a_time(slept: Any) -> None:
    assert slept("nights", "undo") == 0
    assert "Night 2 is undone" in slept.out
    assert "with night 1; 1 of what was lived waits" in slept.out
    assert slept("nights", "undo") == 0
    assert "as it was before the first night; 2 of what was lived wait" in slept.out
    assert slept("nights", "undo") == 2


def test_use_chooses_any_night(slept: Any) -> None:
    assert slept("nights", "use", "1") == 0
    assert slept("nights", "use", "NONE") == 0
    assert "before the first night" in slept.out
    assert slept("nights", "use", "yesterday") == 2
    assert "is no night" in slept.err


def test_a_night_that_nobody_lives_at_the_moment_is_interrupted(shell: Any, mocker: Any) -> None:
    def begin(system: Any) -> None:
        if not system.journal.nights():
            system.journal.open_night(None, "command", {})

    shell.prepare = begin
    holder = mocker.patch("sovl_core.life.Life.holder", return_value=None)
    assert shell("nights", "show", "1", "--json") == 0
    assert json.loads(shell.out)["status"] == "interrupted"
    assert shell("nights") == 0
    assert "interrupted" in shell.out
    holder.return_value = "process 1"
    assert shell("nights", "list", "--json") == 0
    assert json.loads(shell.out)[0]["status"] == "running"
