from __future__ import annotations

import sys
from importlib import metadata
from pathlib import Path
from typing import Any, Callable, Iterator, List

import pytest

from sovl_core.error_handling import PluginError
from sovl_core.plugin_discovery import Candidate
from sovl_core.plugin_import import import_and_measure

pytestmark = pytest.mark.no_torch


@pytest.fixture
def candidate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], Candidate]]:
    """Return ``make(source)``: a real module behind an entry point, in a world whose torch and jax cost nothing."""
    monkeypatch.syspath_prepend(str(tmp_path))
    (tmp_path / "torch.py").write_text("", encoding="utf-8")
    (tmp_path / "jax.py").write_text("", encoding="utf-8")
    monkeypatch.delitem(sys.modules, "torch", raising=False)
    monkeypatch.delitem(sys.modules, "jax", raising=False)

    def make(source: str) -> Candidate:
        (tmp_path / "import_probe_module.py").write_text(source + "\nclass P: ...\n", encoding="utf-8")
        return Candidate("p", "some-p", "1.0", "", metadata.EntryPoint("p", "import_probe_module:P", "sovl"))

    yield make
    # What was imported here must not be taken for the real one.
    for name in ("import_probe_module", "torch", "jax"):
        sys.modules.pop(name, None)


def _clock(*moments: float) -> Any:
    return iter(moments).__next__


def _notes(candidate: Candidate) -> List[str]:
    found, notes = import_and_measure(candidate, _clock(100.0, 103.25))
    assert found.__name__ == "P"
    return notes


def test_a_light_import_is_nothing_to_speak_of(candidate: Any) -> None:
    assert _notes(candidate("import json")) == []


def test_torch_dragged_in_is_named_with_its_seconds(candidate: Any) -> None:
    assert _notes(candidate("import jax, torch")) == [
        "importing it took 3.2 s, because it imports torch and jax, and every command waits for that: "
        "import it within the functions that use it"
    ]


def test_what_somebody_imported_before_is_not_this_plugins_doing(candidate: Any) -> None:
    import torch  # noqa: F401

    assert _notes(candidate("import torch")) == []


def test_what_cannot_be_imported(candidate: Any) -> None:
    with pytest.raises(PluginError, match="ValueError: no luck"):
        import_and_measure(candidate("raise ValueError('no luck')"))
