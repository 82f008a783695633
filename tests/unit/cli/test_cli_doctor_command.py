from __future__ import annotations

import json
from typing import Any

import pytest

from sovl_core.cli.doctor_checks import Finding
from sovl_core.life import Life

pytestmark = pytest.mark.no_torch

WELL = [Finding("model", "good", "there"), Finding("disk", "note", "little\x1b[2J room", "Free some")]


def test_all_is_well(shell: Any, mocker: Any) -> None:
    mocker.patch("sovl_core.cli.doctor_checks.examine", return_value=WELL)
    assert shell("doctor") == 0
    assert shell.out.splitlines() == [
        "ok     model      there",
        "note   disk       little room",
        "                  → Free some",
        "",
        "All is well.",
    ]


def test_something_wrong_is_exit_status_1(shell: Any, mocker: Any) -> None:
    found = [*WELL, Finding("plugins", "bad", "muse is off", "sovl plugins info muse")]
    mocker.patch("sovl_core.cli.doctor_checks.examine", return_value=found)
    assert shell("doctor") == 1
    assert "wrong  plugins    muse is off" in shell.out
    assert shell.out.endswith("1 to mend.\n")
    assert shell("doctor", "--json") == 1
    assert json.loads(shell.out)[2]["hint"] == "sovl plugins info muse"


def test_repair_says_what_it_does_and_looks_again(shell: Any, app: Any, mocker: Any) -> None:
    mocker.patch("sovl_core.cli.doctor_checks.examine", return_value=WELL)
    assert shell("ask", "Hi") == 0
    settings = app.life_path() / "life.toml"
    settings.write_text("[core")
    assert shell("doctor", "--repair") == 0
    assert "life.toml, line 1" in shell.err
    assert "every setting is at its default" in shell.err
    assert shell.out.endswith("All is well.\n")
    assert [path.read_text() for path in (app.life_path() / "quarantine").rglob("life.toml")] == ["[core"]


def test_repair_of_a_life_that_is_not_there_begins_none(shell: Any, app: Any, mocker: Any) -> None:
    mocker.patch("sovl_core.cli.doctor_checks.examine", return_value=WELL)
    assert shell("doctor", "--repair") == 0
    assert not app.life_path().exists()


def test_a_life_that_is_being_written_is_not_mended(shell: Any, app: Any) -> None:
    with Life.open(app.life_path()):
        assert shell("doctor", "--repair") == 1
    assert "is being written by process" in shell.err
