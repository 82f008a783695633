from __future__ import annotations

import json
import signal
from typing import Any

import pytest

from sovl_core.cli.sleep_commands import parse_options
from sovl_core.events import NightReport

pytestmark = pytest.mark.no_torch


def test_a_night_is_reported(shell: Any) -> None:
    assert shell("sleep", "-o", "steps=60", "--option", "dream-kinds=question") == 0
    assert shell.system.called("sleep") == [{"trigger": "command", "steps": 60, "dream_kinds": "question"}]
    assert "Night 1: accepted. It woke up with what it learned." in shell.out
    assert "learned  1 of what was lived" in shell.out
    assert "recall   0.5" in shell.out
    assert "training 1/2" in shell.err


def test_a_share_of_few_is_told_with_what_it_is_of(shell: Any) -> None:
    metrics = {"false_recall": 0.25, "of": {"false_recall": 4}}
    shell.prepare = lambda system: setattr(system, "report", NightReport("accepted", metrics=metrics))
    assert shell("sleep") == 0
    assert "false recall  0.25 (1 of 4)" in shell.out
    assert shell("sleep", "--json") == 0
    assert json.loads(shell.out)["metrics"] == metrics


@pytest.mark.parametrize("status", ["accepted", "partial", "set_aside", "nothing"])
def test_every_outcome_is_said_in_words(shell: Any, status: str) -> None:
    report = NightReport(status, reason="because\x1b[31m", multiplier=0.5)
    shell.prepare = lambda system: setattr(system, "report", report)
    assert shell("sleep") == 0
    assert shell.out.startswith(f"The night: {status.replace('_', ' ')}.")
    assert "because" in shell.out
    assert "\x1b" not in shell.out
    assert ("reach" in shell.out) == (status == "partial")


@pytest.mark.parametrize(("flag", "deep"), [("--deep", True), ("--no-deep", False)])
def test_a_deep_sleep_is_asked_for_or_not(shell: Any, flag: str, deep: bool) -> None:
    assert shell("sleep", flag) == 0
    assert shell.system.called("sleep") == [{"trigger": "command", "deep": deep}]
    assert "deep" not in shell.err


def learned(system: Any) -> None:
    if not system.journal.nights():
        episode = system.tell("My cat is called Zanzibar.")
        for trigger in ("command", "train"):
            number = system.journal.open_night(system.journal.current_night(), trigger, {})
            system.journal.accept_night(number, "accepted", [episode.id], {})


def test_why_a_night_is_deep_unasked_and_what_it_leaves_behind_is_said(shell: Any) -> None:
    shell.prepare = learned
    shell("forget", "--yes", "1")
    assert shell("sleep") == 0
    assert "A deep sleep, because something that was learned has been forgotten" in shell.err
    assert "sovl sleep --no-deep" in shell.err
    assert "leaves behind what `sovl train` has taught (night 2)" in shell.out
    assert shell("sleep", "--no-deep") == 0
    assert "deep" not in shell.err + shell.out


@pytest.mark.parametrize(
    ("deep", "said"),
    [
        (False, "Going on with night 1, which was interrupted."),
        (True, "Going on with the deep sleep of night 1, which was interrupted."),
    ],
)
def test_an_interrupted_night_is_said_to_be_gone_on_with(shell: Any, deep: bool, said: str) -> None:
    def interrupted(system: Any) -> None:
        if system.journal.running_night() is None:
            system.journal.open_night(None, "command", {}, deep=deep)

    shell.prepare = interrupted
    assert shell("sleep") == 0
    assert said in shell.err


def test_why_an_interrupted_night_is_not_gone_on_with_is_said(shell: Any) -> None:
    shell.prepare = lambda system: system.journal.open_night(None, "command", {"dream": "sovl-dream 0.0.1"})
    assert shell("sleep") == 0
    assert (
        "Night 1 was interrupted and is not gone on with: the plugins have changed since it was interrupted."
        in shell.err
    )
    assert "Going on" not in shell.err


def test_after_a_deep_sleep_it_says_where_the_forgotten_is_kept(shell: Any) -> None:
    def slept(system: Any) -> None:
        learned(system)
        if system.journal.still_learned():
            number = system.journal.open_night(system.journal.current_night(), "command", {}, deep=True)
            system.journal.accept_night(number, "accepted", [], {})

    shell.prepare = slept
    shell("forget", "--yes", "1")
    assert shell("sleep") == 0
    assert "still in nights 1 and 2, kept to go back to" in shell.out
    assert "sovl forget --purge" in shell.out


def test_a_night_as_json(shell: Any) -> None:
    assert shell("sleep", "--json") == 0
    assert json.loads(shell.out)["metrics"] == {"recall": 0.5}


def _breathe_after_interrupt(fields: Any) -> None:
    signal.raise_signal(signal.SIGINT)
    fields["breathe"]()


def test_an_interrupt_ends_the_night_early_and_keeps_what_it_did(shell: Any) -> None:
    shell.prepare = lambda system: setattr(system, "during_sleep", _breathe_after_interrupt)
    assert shell("sleep") == 130
    assert "what it has done is kept" in shell.err
    assert "The next sleep goes on with it" in shell.err
    assert shell.system.closed


def test_dreams_are_shown(shell: Any) -> None:
    assert shell("dream", "--count", "2", "--background", "1") == 0
    assert shell.system.called("dream") == [{"count": 2, "background": 1}]
    assert "Biscuit" in shell.out


def test_dreams_about_the_newest_memories(shell: Any) -> None:
    shell("tell", "-", stdin="One.\nTwo.\nThree.\n")
    assert shell("dream", "--memories", "2", "--json") == 0
    (asked,) = shell.system.called("dream")
    assert [episode.prompt for episode in asked["memories"]] == ["Three.", "Two."]
    assert json.loads(shell.out)[0]["completion"] == "Biscuit"


def test_no_dreams(shell: Any) -> None:
    shell.prepare = lambda system: setattr(system, "dream", lambda **request: [])
    assert shell("dream") == 0
    assert "No dreams" in shell.out


def test_options_are_read_as_json_where_they_are_json() -> None:
    assert parse_options(("a=1", "b=0.5", "c=true", "d=text", 'e=["x"]', "f=a=b")) == {
        "a": 1,
        "b": 0.5,
        "c": True,
        "d": "text",
        "e": ["x"],
        "f": "a=b",
    }
