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


def test_a_test_file_is_measured_on(shell: Any, tmp_path: Path) -> None:
    file, test = tmp_path / "pairs.jsonl", tmp_path / "test.jsonl"
    for path in (file, test):
        path.write_text('{"prompt": "a", "completion": "b"}\nno pair\n')
    assert shell("train", str(file), "--test", str(test)) == 0
    assert shell.system.called("train_more") == [{"test": test}]
    assert "pairs.jsonl, line 2" in shell.err
    assert "test.jsonl, line 2" in shell.err
    assert shell("train", str(file), "--test", str(tmp_path / "none.jsonl")) == 2
    assert "none.jsonl: there is no such file" in shell.err


def test_a_missing_file_is_refused_before_the_life_is_opened(shell: Any, tmp_path: Path) -> None:
    assert shell("train", str(tmp_path / "none.jsonl")) == 2
    assert "there is no such file" in shell.err
    assert shell("train", str(tmp_path)) == 2
    assert shell.system is None


def test_of_several_processes_the_first_keeps_and_speaks(shell: Any, tmp_path: Path, mocker: Any) -> None:
    file = tmp_path / "pairs.jsonl"
    file.write_text("")
    meet = mocker.patch("sovl_core.launched.Launched.meet")
    part = mocker.patch("sovl_core.launched.Launched.part")
    shell.environ = {"RANK": "0", "WORLD_SIZE": "2"}
    assert shell("train", str(file)) == 0
    meet.assert_called_once_with("auto")
    part.assert_called_once_with()
    assert shell.system.called("train") == [(file, None, False)]
    assert "Trained on" in shell.out


def test_the_others_train_along_and_say_nothing(shell: Any, tmp_path: Path, mocker: Any) -> None:
    file = tmp_path / "pairs.jsonl"
    file.write_text("")
    mocker.patch("sovl_core.launched.Launched.meet")
    mocker.patch("sovl_core.launched.Launched.part")
    shell.environ = {"RANK": "1", "WORLD_SIZE": "2"}
    assert shell("train", str(file), "--epochs", "2") == 0
    assert shell.system.opened_with["read_only"] is True
    assert shell.system.called("train_along") == [(file, 2, False)]
    assert (shell.out, shell.err) == ("", "")


def test_each_line_that_cannot_be_used_is_named(shell: Any, tmp_path: Path) -> None:
    file = tmp_path / "pairs.jsonl"
    file.write_bytes(b'{"prompt": "a", "completion": "b"}\nnot json\n{"prompt": "a"}\n\xff\n')
    assert shell("train", str(file), "--json") == 0
    assert json.loads(shell.out)["steps"] == 4
    said = shell.err.replace("\n", " ")
    assert f"{file}, line 2 is left out: not JSON" in said
    assert 'line 3 is left out: neither "response" nor "completion"' in said
    assert "line 4 is left out: not UTF-8" in said
    assert "line 1 is left out" not in said


def test_a_file_of_another_kind_does_not_fill_the_screen(shell: Any, tmp_path: Path) -> None:
    file = tmp_path / "pairs.jsonl"
    file.write_text("not json\n" * 1000)
    shell("train", str(file))
    assert "left out" not in shell.err
    file.write_text('{"prompt": "a", "completion": "b"}\n' + "not json\n" * 1000)
    shell("train", str(file))
    assert shell.err.count(" is left out: ") == 10
    assert "990 more lines are left out; all of them: sovl log --errors -n 1000" in shell.err
