from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Dict, List

import pytest

from sovl_core.evaluation.findings import Findings

pytestmark = pytest.mark.no_torch


def _values(recall: float, **more: Any) -> Dict[str, Any]:
    return {"facts": 1, "arms": {"base": {"recall": recall, "nights": []}}, "about": {}, **more}


def test_a_single_seed_is_its_own_result(tmp_path: Path) -> None:
    out = tmp_path / "out.json"
    findings = Findings([7], out)
    assert not findings
    findings.enter(7, _values(0.5, complete=False))
    assert findings
    assert json.loads(out.read_text()) == _values(0.5, complete=False)
    findings.enter(7, _values(1.0))
    assert json.loads(out.read_text()) == findings.values() == _values(1.0)


def test_of_several_seeds_all_is_written_that_there_is(tmp_path: Path) -> None:
    out = tmp_path / "out.json"
    findings = Findings([1, 2], out)
    findings.enter(1, _values(1.0))
    written = json.loads(out.read_text())
    # The first seed is finished, the second is not there yet.
    assert (written["complete"], list(written["seeds"]), written["arms"]["base"]["recall"]) == (False, ["1"], 1.0)
    findings.enter(2, _values(0.0, complete=False))
    assert json.loads(out.read_text())["complete"] is False
    findings.enter(2, _values(0.0))
    written = json.loads(out.read_text())
    assert "complete" not in written
    assert (list(written["seeds"]), written["arms"]["base"]["recall"]) == (["1", "2"], 0.5)
    assert [path.name for path in tmp_path.iterdir()] == ["out.json"]


def test_a_file_that_cannot_be_written_ends_nothing_before_the_end(tmp_path: Path) -> None:
    told: List[str] = []
    findings = Findings([1], tmp_path / "gone" / "out.json", told.append)
    findings.enter(1, _values(1.0))
    assert len(told) == 1
    assert "out.json could not be written" in told[0]
    with pytest.raises(OSError, match=r"out\.json"):
        findings.write()


def test_without_a_file_nothing_is_written(tmp_path: Path) -> None:
    findings = Findings([1])
    findings.enter(1, _values(1.0))
    findings.write()
    assert findings.values() == _values(1.0)
