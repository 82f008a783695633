from __future__ import annotations

import json
import os
import socket
from typing import Any

import pytest

from sovl_core.events import Dream
from sovl_core.life import Holder

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
            report = {
                "learned": [episode.id],
                "metrics": {"recall": {"new": 0.75}, "false_recall": 0.25, "of": {"false_recall": 4}},
                "steps": 9,
                "reason": "",
            }
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
    for text in (
        "2 (current)",
        "night 1",
        "1 of what was lived",
        "recall new",
        "0.75",
        "0.25 (1 of 4)",
        "sovl-dream 0.1.0",
        "Q?",
    ):
        assert text in slept.out
    assert slept("nights", "show", "2", "--dreams", "--json") == 0
    shown = json.loads(slept.out)
    assert shown["dreams"][0]["prompt"] == "Q?"
    assert shown["memories"] == [{"episode": 2, "prompt": "Fact 1."}]


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
    killed = Holder(999999999, socket.gethostname(), 0.0)
    assert shell("nights", "show", "1", "--json") == 0
    assert json.loads(shell.out)["status"] == "interrupted"
    assert shell("nights") == 0
    assert "interrupted" in shell.out
    holder.return_value = killed
    assert shell("nights", "list", "--json") == 0
    assert json.loads(shell.out)[0]["status"] == "interrupted"
    holder.return_value = Holder(os.getpid(), socket.gethostname(), 0.0)
    assert shell("nights", "list", "--json") == 0
    assert json.loads(shell.out)[0]["status"] == "running"


@pytest.fixture
def forgotten(slept: Any) -> Any:
    """What night 1 learned is forgotten, and a deep night 4 has learned the rest anew."""
    live = slept.prepare

    def lived(system: Any) -> None:
        live(system)
        if len(system.journal.nights()) == 3:
            system.journal.forget_episodes([1])
            number = system.journal.open_night(2, "command", {}, deep=True)
            system.journal.accept_night(number, "accepted", [2], {})

    slept.prepare = lived
    return slept


def test_nights_that_learned_what_was_forgotten_are_marked_and_deep_ones_named(forgotten: Any) -> None:
    assert forgotten("nights") == 0
    assert forgotten.out.count("has learned what was forgotten") == 2
    assert "accepted, deep" in forgotten.out
    assert forgotten("nights", "list", "--json") == 0
    listed = {night["number"]: (night["forgotten"], night["deep"]) for night in json.loads(forgotten.out)}
    assert listed == {1: ([1], False), 2: ([1], False), 3: ([], False), 4: ([], True)}


def test_one_such_night_tells_of_it(forgotten: Any) -> None:
    assert forgotten("nights", "show", "2") == 0
    assert "1 of what it learned" in forgotten.out
    assert forgotten("nights", "show", "4") == 0
    assert "forgotten" not in forgotten.out
    assert "untrained weights, after night 2" in forgotten.out


@pytest.mark.parametrize("how", [["undo"], ["use", "1"]])
def test_going_back_to_one_says_what_comes_back(forgotten: Any, how: list) -> None:
    assert forgotten("nights", *how) == 0
    assert "brings back 1 of what was forgotten" in forgotten.out
    assert "sovl sleep --deep" in forgotten.out
    assert forgotten("nights", "use", "4") == 0
    assert "brings back" not in forgotten.out


def test_a_night_that_was_purged_is_not_gone_back_to(forgotten: Any) -> None:
    live = forgotten.prepare
    forgotten.prepare = lambda system: (live(system), system.journal.mark_purged(2))
    assert forgotten("nights", "use", "2") == 2
    assert "removed for good" in forgotten.err
    assert forgotten("nights", "undo") == 2
    assert forgotten("nights") == 0
    assert "purged" in forgotten.out
