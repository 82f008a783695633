from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any, Dict, Iterator, List, Tuple

import pytest

from sovl_core.error_handling import BadInput
from sovl_core.evaluation.workplace import Workplace, evaluation_folder

pytestmark = pytest.mark.no_torch


class Opened:
    """Takes note of how lives are opened."""

    def __init__(self) -> None:
        self.calls: List[Tuple[Path, Dict[str, Any]]] = []

    @contextlib.contextmanager
    def __call__(self, path: Path, **arguments: Any) -> Iterator[str]:
        self.calls.append((path, arguments))
        yield "a life"


def test_each_arm_has_a_life_with_the_settings_of_the_user(tmp_path: Path) -> None:
    settings = tmp_path / "mine" / "life.toml"
    settings.parent.mkdir()
    settings.write_text("[core]\nseed = 7\n")
    opened = Opened()
    folder = tmp_path / "work"
    place = Workplace(folder, settings, {"a": 1, "b": 1}, ["x"], ("y",), {"strict": True}, opened)  # type: ignore[arg-type]
    with place.life("sovl", {"b": 2}) as life:
        assert life == "a life"
    (path, arguments) = opened.calls[0]
    assert path == folder / "sovl"
    assert (path / "life.toml").read_text() == settings.read_text()
    assert arguments == {
        "overrides": {"a": 1, "b": 2},
        "plugins": ["x"],
        "without": ("y",),
        "more_plugins": (),
        "strict": True,
    }


def test_settings_that_are_not_there_are_no_matter(tmp_path: Path) -> None:
    place = Workplace(tmp_path / "work", tmp_path / "none.toml", open_life=Opened())  # type: ignore[arg-type]
    with place.life("base"):
        assert list((tmp_path / "work" / "base").iterdir()) == []


def test_a_temporary_folder_is_gone_afterwards_whatever_happens() -> None:
    seen: List[Path] = []

    def work() -> None:
        with evaluation_folder() as folder:
            seen.append(folder)
            (folder / "sovl").mkdir()
            (folder / "sovl" / "file").write_text("x")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        work()
    assert not seen[0].exists()


def test_a_folder_to_keep_is_kept_and_must_be_new(tmp_path: Path) -> None:
    with evaluation_folder(tmp_path / "a" / "b") as folder:
        (folder / "sovl").mkdir()
    assert (tmp_path / "a" / "b" / "sovl").is_dir()
    (tmp_path / "file").write_text("x")
    for taken in (tmp_path / "a" / "b", tmp_path / "file"):
        with pytest.raises(BadInput, match="is no empty folder"), evaluation_folder(taken):
            pass
    (tmp_path / "empty").mkdir()
    with evaluation_folder(tmp_path / "empty") as folder:
        assert folder == tmp_path / "empty"
