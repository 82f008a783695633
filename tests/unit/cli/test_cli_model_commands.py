from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from sovl_core.error_handling import ModelNotFound
from sovl_core.events import Progress

pytestmark = pytest.mark.no_torch


@dataclass
class Cached:
    name: str
    path: Path
    size: int
    source: str


@pytest.fixture
def store(mocker: Any) -> Any:
    return mocker.patch("sovl_core.model_store.ModelStore")


def test_the_models_on_this_machine(shell: Any, store: Any) -> None:
    store.return_value.list.return_value = [Cached("tiny\x1b[2J", Path("/models/tiny"), 1_500_000, "hub")]
    assert shell("models") == 0
    assert shell.out.splitlines()[-1].split() == ["tiny", "1.5", "MB", "/models/tiny"]
    assert shell("models", "list", "--json") == 0
    assert json.loads(shell.out)[0]["path"] == "/models/tiny"


def test_no_model_yet(shell: Any, store: Any) -> None:
    store.return_value.list.return_value = []
    assert shell("models", "list") == 0
    assert "sovl models pull" in shell.out


def test_pull_prints_where_it_is_and_how_far_it_has_come(shell: Any, store: Any) -> None:
    def locate(name: str) -> Path:
        store.call_args.kwargs["progress"](Progress("model", detail=f"downloading {name}"))
        return Path("/models/x")

    store.return_value.locate.side_effect = locate
    assert shell("models", "pull", "some/model") == 0
    assert shell.out == "/models/x\n"
    assert "downloading some/model" in shell.err
    assert shell("models", "pull", "--set", "core.base_model=mine") == 0
    assert "downloading mine" in shell.err


def test_a_model_that_is_nowhere(shell: Any, store: Any) -> None:
    store.return_value.locate.side_effect = ModelNotFound("none of it:\n  - hub: offline", "Connect once")
    assert shell("models", "pull") == 1
    assert shell.err.splitlines()[-3:] == ["error: none of it:", "  - hub: offline", "next:  Connect once"]
