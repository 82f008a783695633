"""The benchmarks run, on tiny models: their figures are told whatever they are, and nothing fails for being slow."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any, Dict, List

import pytest

pytest.importorskip("pytest_benchmark")

from benchmarks.figures import ROWS, Figures

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Dict[str, Any]:
    """Run some of the rows in a process of their own; return what they printed and wrote."""
    file = tmp_path_factory.mktemp("bench") / "deeper" / "bench.json"
    options = ["--quick", "--json", str(file), "-k", "no_plugins or beside", "-p", "no:cacheprovider"]
    command = [sys.executable, "-m", "pytest", "benchmarks", "-o", "python_files=bench_*.py", *options]
    done = subprocess.run(command, cwd=str(ROOT), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return {"printed": done.stdout, **json.loads(file.read_text(encoding="utf-8"))}


def _rows(run: Dict[str, Any], number: int) -> List[Dict[str, Any]]:
    return [row for row in run["rows"] if row["row"] == number]


def test_every_row_is_in_the_file_and_those_that_were_not_run_say_so(run: Dict[str, Any]) -> None:
    assert {row["row"] for row in run["rows"]} == set(ROWS)
    assert {row["row"] for row in run["rows"] if not row.get("not_run")} == {1, 4, 5}
    assert run["quick"] is True
    assert run["threads"] >= 1
    assert {"sovl", "torch", "transformers", "peft"} <= set(run["versions"])


def test_a_turn_is_compared_with_as_many_tokens(run: Dict[str, Any]) -> None:
    (row,) = _rows(run, 1)
    assert row["details"]["tokens"] == 16
    assert row["rounds"] == len(row["seconds"]["ours"]) == len(row["seconds"]["other"]) == 2
    assert row["met"] is (row["value"] <= 1.02)


def test_a_night_tells_what_it_consisted_of(run: Dict[str, Any]) -> None:
    training, whole = _rows(run, 4)
    assert whole["seconds"]["ours"][0] > training["seconds"]["ours"][0] > 0
    assert training["details"]["steps"] == 2
    assert set(training["details"]["stages"]) >= {"dream", "train", "judge"}
    assert training["details"]["answer_tokens"] > 0


def test_the_table_shows_every_row(run: Dict[str, Any]) -> None:
    lines = run["printed"].splitlines()
    shown = [line.split()[0] for line in lines if line[:1].isdigit()]
    assert [number for number in map(str, ROWS) if number not in shown] == []
    assert "not how fast it is" in run["printed"]


def test_a_missed_figure_is_told_and_one_left_out_is_neither_met_nor_missed() -> None:
    figures = Figures({"model": "none"})
    slow = figures.ratio(1, "slow", ours=[2.0, 4.0, 9.0], other=[1.0, 1.0, 3.0], at_most=1.5)
    fast = figures.ratio(3, "fast", ours=[1.0], other=[2.0], at_least=1.5)
    absent = figures.add(3, "absent", None, "times", at_least=1.5)
    assert (slow.value, slow.met) == (3.0, False)
    assert (fast.value, fast.met) == (2.0, True)
    assert absent.met is None
    row = next(line for line in figures.table().splitlines() if "slow" in line)
    assert "at most 1.5" in row
    assert "missed" in row
    with pytest.raises(ValueError, match="no row 99"):
        figures.add(99, "no such row", 1.0, "s")
