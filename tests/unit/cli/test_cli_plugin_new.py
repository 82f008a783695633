"""``sovl plugins new``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.no_torch


def test_a_plugin_is_written_and_the_next_steps_are_told(shell: Any, tmp_path: Path) -> None:
    assert shell("plugins", "new", "diary", "--hooks", "on_dream, on_idle", "--into", str(tmp_path)) == 0
    folder = tmp_path / "sovl-diary"
    text = (folder / "sovl_diary" / "plugin.py").read_text()
    assert "def on_dream(" in text
    assert "def on_idle(" in text
    assert f"  pip install --editable '{folder}[dev]'\n" in shell.out
    assert "  sovl plugins check diary\n" in shell.out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["Diary"], "next:  Try: sovl plugins new diary"),
        (["diary", "--hooks", "on_dreem"], "next:  Did you mean on_dream?"),
        (["play"], "'play' is installed already (sovl-play"),
    ],
)
def test_bad_input_is_refused(shell: Any, tmp_path: Path, words: Any, said: str) -> None:
    assert shell("plugins", "new", *words, "--into", str(tmp_path)) == 2
    assert said in shell.err
    assert list(tmp_path.glob("sovl-*")) == []


def test_a_folder_that_is_there_is_left_alone(shell: Any, tmp_path: Path) -> None:
    (tmp_path / "sovl-diary").mkdir()
    assert shell("plugins", "new", "diary", "--into", str(tmp_path)) == 2
    assert "exists already" in shell.err
    assert list((tmp_path / "sovl-diary").iterdir()) == []
