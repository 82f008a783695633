"""Every plugin of this repository passes the suite that a stranger's has to."""

from __future__ import annotations

from importlib.metadata import distributions
from pathlib import Path
from typing import Any, Dict, Type

import pytest

from sovl_core.plugin import Plugin
from sovl_core.testing.checks import CHECKS, Check, Subject, problem_of
from sovl_core.testing.import_probe import probe_imports
from sovl_core.testing.workbench import Workbench

ROOT = Path(__file__).parents[2]
PLUGINS = sorted(path.parent.name for path in ROOT.glob("sovl_plugins/*/pyproject.toml"))


@pytest.fixture(scope="module")
def subjects(tmp_path_factory: pytest.TempPathFactory, sovl_tiny_model: Any) -> Dict[str, Subject]:
    """All of them on one bench: their imports are looked at in one process, what is said without them is asked once."""
    points = [entry for found in distributions() for entry in found.entry_points if entry.group == "sovl"]
    classes: Dict[str, Type[Plugin]] = {entry.name: entry.load() for entry in points if entry.name in PLUGINS}
    imports = probe_imports([classes[name] for name in PLUGINS])
    bench = Workbench(tmp_path_factory.mktemp("bench"), sovl_tiny_model, imports=imports)
    return {name: Subject(classes[name], bench) for name in PLUGINS}


@pytest.mark.parametrize("check", CHECKS, ids=[check.title.replace(" ", "-") for check in CHECKS])
@pytest.mark.parametrize("name", PLUGINS)
def test_it_conforms(name: str, check: Check, subjects: Dict[str, Subject]) -> None:
    assert problem_of(check, subjects[name]) == ""
