"""The short form of ``make torture``, and that an examination finds what it is there to find."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, Dict

import pytest

from sovl_core.journal import Journal
from sovl_core.system import SOVLSystem
from torture.examination import examine
from torture.ledger import Ledger

pytestmark = pytest.mark.skipif(os.name == "nt", reason="forks and kills")

ROOT = Path(__file__).parents[2]


def test_lives_that_are_killed_lose_nothing(tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    arguments = ["--kills", "3", "--full", "1", "--damage", "0", "--stages", "chat,sleep", "--report", str(report)]
    done = subprocess.run(
        [sys.executable, "-m", "torture", *arguments], cwd=str(ROOT), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    values = json.loads(report.read_text())
    assert values["kills"] >= 3
    assert values["problems"] == []
    assert {row["stage"] for row in values["table"]} == {"chat", "sleep"}


@pytest.mark.skipif(shutil.which("make") is None, reason="there is no make")
@pytest.mark.parametrize("failing", ["", "torture --kills", "torture.flat", "pytest"])
def test_a_part_that_fails_is_named_at_the_end_and_keeps_no_other_from_being_tried(
    tmp_path: Path, failing: str
) -> None:
    python = tmp_path / "bin" / "python"
    python.parent.mkdir()
    fails = f'case "$*" in *"{failing}"*) exit 3;; esac\n' if failing else ""
    python.write_text(f'#!/bin/sh\necho "$*" >> {tmp_path}/ran\n{fails}', encoding="utf-8")
    python.chmod(0o700)
    command = ["make", "-o", "install", f"VENV={tmp_path}", "KILLS=5", "TURNS=400", "torture"]
    done = subprocess.run(command, cwd=str(ROOT), capture_output=True, text=True, check=False)
    ran = (tmp_path / "ran").read_text(encoding="utf-8").splitlines()
    assert [words.split()[1] for words in ran] == ["torture", "torture.flat", "pytest"]
    assert "--kills 5" in ran[0]
    assert "--turns 400" in ran[1]
    assert (done.returncode != 0) == bool(failing)
    said = {"torture --kills": "lives", "torture.flat": "a long session", "pytest": "any case"}
    assert not failing or f"torture: failed: {said[failing]}\n" in done.stderr


@pytest.fixture
def lived(tmp_path: Path, tiny_base: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of a life with two turns and a night that was accepted."""
    for name, value in {
        "SOVL_PLUGINS": "none",
        "SOVL_CORE__BASE_MODEL": str(tiny_base),
        "SOVL_CORE__SCAFFOLD_MODEL": "none",
        "SOVL_GENERATION__MAX_NEW_TOKENS": "2",
    }.items():
        monkeypatch.setenv(name, value)
    from sovl_core.night_store import NightStore

    with SOVLSystem.open(tmp_path / "life") as system:
        for fact in ("My dog is called Rex.", "I live in Cork."):
            system.tell(fact)
        night = system.journal.open_night(None, "command", {})
        NightStore(system.life.nights_path).save(night, {}, {}, {})
        system.journal.accept_night(night, "accepted", [1], {})
    return tmp_path / "life"


def examined(life: Path, ledger: Ledger) -> Dict[str, Any]:
    return examine(life, ledger, 1, go_on=True, killed=None)


def test_a_life_that_lost_nothing_passes(lived: Path) -> None:
    ledger = Ledger(["My dog is called Rex.", "I live in Cork."], [["I live in Cork.", "later"]], {}, {1})
    assert examined(lived, ledger)["problems"] == []


@pytest.mark.parametrize(
    ("ledger", "said"),
    [
        (Ledger(kept=["Never said."]), "acknowledged, but not in the journal: Never said."),
        (Ledger(kept=["I live in Cork.", "My dog is called Rex."]), "in another order, or twice"),
        (Ledger(once=[["first", "I live in Cork."]]), "of a file of 2 lines"),
        (Ledger(accepted={2}), "night 2 was said to be accepted"),
        (Ledger(forgotten={"Cork": True}), "Cork was said to be forgotten"),
    ],
)
def test_what_was_promised_and_is_not_there_is_found(lived: Path, ledger: Ledger, said: str) -> None:
    assert said in "\n".join(examined(lived, ledger)["problems"])


def test_damage_and_leftovers_are_found(lived: Path) -> None:
    (lived / "nights" / "0001" / "report.json").write_text("{}")
    (lived / "nights" / "0002.partial").mkdir()
    problems = "\n".join(examined(lived, Ledger())["problems"])
    assert "report.json" in problems
    assert "left over: 0002.partial" in problems


def test_what_is_forgotten_and_still_in_a_file_is_found(lived: Path) -> None:
    for name in ("nights/0009.work/checkpoint.json", "nights/0007/report.json", "quarantine/2026/history", "history"):
        (lived / name).parent.mkdir(parents=True, exist_ok=True)
        (lived / name).write_text("Where is ZANZIBAR?")
    found = [each for each in examined(lived, Ledger(forgotten={"Zanzibar": True}))["problems"] if "Zanzibar" in each]
    still = [lived / "history", lived / "nights" / "0009.work" / "checkpoint.json"]
    assert found == [f"Zanzibar is forgotten, and still in {path}" for path in still]


def test_a_night_that_was_purged_for_nothing_is_found(lived: Path) -> None:
    with contextlib.closing(Journal(lived / "journal.db")) as journal:
        journal.use_night(None)
        journal.mark_purged(1)
    assert examined(lived, Ledger(accepted={1}, purged={1}))["problems"] == []
    assert "night 1 was purged, and had learned nothing" in examined(lived, Ledger(accepted={1}))["problems"][0]


def test_a_night_that_was_damaged_on_purpose_may_lie_there_as_long_as_nobody_is_awake_with_it(lived: Path) -> None:
    (lived / "nights" / "0001" / "report.json").write_text("{}")
    with contextlib.closing(Journal(lived / "journal.db")) as journal:
        journal.use_night(None)
    assert examined(lived, Ledger(damaged={1}))["problems"] == []
    assert examined(lived, Ledger())["problems"] != []
