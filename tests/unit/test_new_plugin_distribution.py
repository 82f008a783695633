"""The files of a new plugin; that its tests pass is tested in ``tests/integration/test_new_plugins.py``."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
import tomlkit

from sovl_core.error_handling import BadInput
from sovl_core.new_plugin.distribution import distribution_files, write_distribution
from sovl_core.new_plugin.names import plugin_names

pytestmark = pytest.mark.no_torch

NAMES = plugin_names("night_diary", {})


def test_the_distribution_is_whole() -> None:
    files = distribution_files(NAMES, ["on_dream"])
    assert sorted(files) == [
        "README.md",
        "pyproject.toml",
        "sovl_night_diary/__init__.py",
        "sovl_night_diary/plugin.py",
        "sovl_night_diary/py.typed",
        "sovl_night_diary/settings.py",
        "sovl_night_diary/state.py",
        "tests/test_conformance.py",
        "tests/test_plugin.py",
    ]
    assert [name for name, text in files.items() if "${" in text] == []
    project = tomlkit.parse(files["pyproject.toml"]).unwrap()
    assert project["project"]["name"] == "sovl-night-diary"
    assert project["project"]["entry-points"]["sovl"] == {"night_diary": "sovl_night_diary:NightDiaryPlugin"}


def test_the_hooks_are_those_that_were_chosen_and_those_of_every_plugin() -> None:
    files = distribution_files(NAMES, ["on_dream", "on_start"])
    (plugin,) = [node for node in ast.parse(files["sovl_night_diary/plugin.py"]).body if isinstance(node, ast.ClassDef)]
    hooks = [node.name for node in plugin.body if isinstance(node, ast.FunctionDef) and node.name.startswith("on_")]
    assert hooks == ["on_start", "on_dream", "on_save_state", "on_load_state"]
    assert "Hooks: `on_dream`, `on_start`, `on_save_state`, `on_load_state`." in files["README.md"]


def test_it_is_written_into_a_folder_of_its_own(tmp_path: Path) -> None:
    folder = write_distribution(NAMES, [], tmp_path / "plugins")
    assert folder == tmp_path / "plugins" / "sovl-night-diary"
    assert (folder / "sovl_night_diary" / "py.typed").read_text() == ""


def test_nothing_is_written_over_and_nothing_is_left_half_written(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="no hook"):
        write_distribution(NAMES, ["on_nothing"], tmp_path)
    assert list(tmp_path.iterdir()) == []
    mine = tmp_path / "sovl-night-diary"
    mine.mkdir()
    with pytest.raises(BadInput, match="exists already"):
        write_distribution(NAMES, [], tmp_path)
    assert list(mine.iterdir()) == []
