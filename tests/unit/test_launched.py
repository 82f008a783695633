from __future__ import annotations

import subprocess
import sys
import types
from typing import Any, Dict, List

import pytest

from sovl_core.error_handling import SOVLError
from sovl_core.launched import Launched

pytestmark = pytest.mark.no_torch


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({}, Launched(0, 1)),
        ({"RANK": "1", "WORLD_SIZE": "2"}, Launched(1, 2)),
        ({"OMPI_COMM_WORLD_RANK": "2", "OMPI_COMM_WORLD_SIZE": "4"}, Launched(2, 4)),
        ({"PMI_RANK": "3", "PMI_SIZE": "4", "RANK": "0", "WORLD_SIZE": "2"}, Launched(0, 2)),
        ({"RANK": "1"}, Launched(0, 1)),
        ({"WORLD_SIZE": "2"}, Launched(0, 1)),
        ({"RANK": "two", "WORLD_SIZE": "2"}, Launched(0, 1)),
        ({"RANK": "2", "WORLD_SIZE": "2"}, Launched(0, 1)),
    ],
)
def test_who_this_process_is(environ: Dict[str, str], expected: Launched) -> None:
    assert Launched.from_environment(environ) == expected


def test_the_first_keeps() -> None:
    assert Launched().keeps
    assert not Launched().several
    assert Launched(0, 2).keeps
    assert Launched(0, 2).several
    assert not Launched(1, 2).keeps
    assert str(Launched(1, 2)) == "process 2 of 2"


class State:
    """Stands in for accelerate's process group."""

    def __init__(self, processes: int, calls: List[Any]) -> None:
        self.num_processes, self._calls = processes, calls

    def __call__(self, **arguments: Any) -> State:
        self._calls.append(arguments)
        return self

    def wait_for_everyone(self) -> None:
        self._calls.append("wait")

    def destroy_process_group(self) -> None:
        self._calls.append("destroy")


@pytest.fixture
def group(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return ``make(processes, kind)``: a group of so many on such a device; returns the list of calls to it."""

    def make(processes: int, kind: str) -> List[Any]:
        calls: List[Any] = []
        accelerate = types.SimpleNamespace(PartialState=State(processes, calls))
        pretrained = types.SimpleNamespace(resolve_device=lambda name: types.SimpleNamespace(type=kind))
        monkeypatch.setitem(sys.modules, "accelerate", accelerate)
        monkeypatch.setitem(sys.modules, "sovl_core.pretrained", pretrained)
        return calls

    return make


@pytest.mark.parametrize(("kind", "cpu"), [("cpu", True), ("cuda", False)])
def test_several_meet_on_their_device_and_part_together(group: Any, kind: str, cpu: bool) -> None:
    calls = group(2, kind)
    Launched(1, 2).meet("auto")
    assert calls == [{"cpu": cpu}, "wait"]
    calls.clear()
    Launched(1, 2).part()
    assert calls == [{}, "wait", "destroy"]


def test_one_alone_waits_for_nobody(group: Any) -> None:
    calls = group(1, "cpu")
    Launched().meet("auto")
    Launched().part()
    assert calls == []


def test_processes_that_would_train_each_by_itself_are_refused(group: Any) -> None:
    group(1, "mps")
    with pytest.raises(SOVLError, match="on mps each of them would train by itself") as refused:
        Launched(0, 2).meet("auto")
    assert "core.device=cpu" in refused.value.hint


def test_finding_out_imports_no_torch() -> None:
    code = (
        "import sys, os; from sovl_core.launched import Launched; Launched.from_environment(os.environ); "
        "sys.exit(bool({'torch', 'accelerate'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
