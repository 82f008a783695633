from __future__ import annotations

import json
from typing import Any

import pytest

from sovl_core.cli.doctor_checks import Finding

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
