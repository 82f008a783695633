"""A bench for each test, from which nothing stays imported."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Iterator

import pytest

from tests.unit.plugin_registry.benches import Bench


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    monkeypatch.syspath_prepend(str(tmp_path))
    made = Bench(tmp_path)
    yield made
    for name in made.imported():
        del sys.modules[name]
