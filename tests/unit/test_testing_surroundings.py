"""What is otherwise in the process than before."""

from __future__ import annotations

import os
import sys
import threading
from pathlib import Path

import pytest

from sovl_core.testing import surroundings
from sovl_core.testing.surroundings import Surroundings


@pytest.mark.no_torch
def test_nothing_changed_is_nothing_said() -> None:
    assert Surroundings.now().changes() == []


@pytest.mark.no_torch
def test_environment_folder_and_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WAS_THERE", "1")
    before = Surroundings.now()
    monkeypatch.setenv("LEFT_HERE", "1")
    monkeypatch.delenv("WAS_THERE")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path, "somewhere"])
    assert before.changes() == [
        "the environment variable LEFT_HERE was changed",
        "the environment variable WAS_THERE was changed",
        f"the working directory is {os.getcwd()} now",
        "sys.path was changed: ['somewhere']",
    ]


@pytest.mark.no_torch
def test_a_thread_that_ends_soon_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    before = Surroundings.now()
    ending, staying = threading.Event(), threading.Event()
    threads = [threading.Thread(target=event.wait, name=name) for event, name in ((ending, "a"), (staying, "b"))]
    for thread in threads:
        thread.start()
    monkeypatch.setattr(surroundings, "PATIENCE", 0.02)
    ending.set()
    threads[0].join()
    try:
        assert before.changes() == ["the thread 'b' still runs"]
    finally:
        staying.set()


def test_settings_of_torch() -> None:
    import torch

    before = Surroundings.now()
    torch.set_default_dtype(torch.float64)
    try:
        assert before.changes() == ["torch's default dtype is torch.float64 now, and was torch.float32"]
    finally:
        torch.set_default_dtype(torch.float32)
