from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.no_torch


def test_the_report_is_printed(shell: Any, tmp_path: Path) -> None:
    file = tmp_path / "pairs.jsonl"
    file.write_text('{"prompt": "a", "completion": "b"}\n')
    assert shell("train", str(file), "--epochs", "2") == 0
    assert shell.system.called("train") == [(file, 2, False)]
    assert f"Trained on {file}." in shell.out
    assert "history epoch 1  0.5" in shell.out


def test_a_dry_run_says_so(shell: Any, tmp_path: Path) -> None:
    file = tmp_path / "pairs.jsonl"
    file.write_text("")
    assert shell("train", str(file), "--dry-run") == 0
    assert shell.system.called("train") == [(file, None, True)]
    assert "nothing was written" in shell.out
    assert shell("train", str(file), "--json") == 0
    assert json.loads(shell.out)["steps"] == 4


def test_a_missing_file_is_refused_before_the_life_is_opened(shell: Any, tmp_path: Path) -> None:
    assert shell("train", str(tmp_path / "none.jsonl")) == 2
    assert "there is no such file" in shell.err
    assert shell("train", str(tmp_path)) == 2
    assert shell.system is None
