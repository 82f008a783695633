"""A session of some hundred turns leaves nothing behind in the process; ``python -m torture.flat`` has a long one."""

from __future__ import annotations

import os
import threading
from dataclasses import replace
from typing import Any, List

import pytest

from sovl_core.plugin_watchdog import HookWatch
from sovl_core.system import SOVLSystem
from torture.flat import SETTINGS, footing, live, what_grew

WARM, TURNS = 30, 90


def test_a_session_leaves_nothing_behind(tmp_path: Any, sovl_tiny_model: Any) -> None:
    settings = {**SETTINGS, "core.base_model": str(sovl_tiny_model("llama"))}
    with SOVLSystem.open(tmp_path / "life", overrides=settings, environ={}, strict=True) as life:
        # What is asked of the disk costs most of the time here, and is tested elsewhere.
        life.journal._database._connection.execute("PRAGMA synchronous = OFF")
        found = live(life, TURNS, warm=WARM)
    assert [one.turns for one in found] == [WARM, TURNS]
    assert what_grew(found) == []


@pytest.mark.parametrize("what", ["objects", "MiB", "handles", "threads"])
def test_what_turns_leave_behind_is_noticed(what: str) -> None:
    turns, over = 100, threading.Event()
    kept: List[Any] = []
    before = footing(0)
    if (what == "MiB" and not before.resident) or (what == "handles" and not before.handles):
        pytest.skip("this system does not tell")
    for _ in range(turns):
        if what == "objects":
            kept.append([[], [], [], []])
        elif what == "MiB":
            kept.append(bytearray(b"x" * 2**20))
        elif what == "handles":
            kept.append(os.open(os.devnull, os.O_RDONLY))
        else:
            kept.append(threading.Thread(target=over.wait, daemon=True))
            kept[-1].start()
    grew = what_grew([before, replace(footing(turns), turns=turns)])
    over.set()
    for one in kept:
        if what == "handles":
            os.close(one)
        elif what == "threads":
            one.join()
    assert any(what in said for said in grew), grew


def test_a_watch_over_hooks_is_counted_as_there_and_a_second_one_is_noticed() -> None:
    watches = [HookWatch(lambda hook: 60.0, lambda stay, seconds: "", lambda stay: None) for _ in range(2)]
    counts = [footing(0).threads]
    for watch in watches:
        watch.during("plugin", "on_turn", lambda: None)
        counts.append(footing(0).threads)
    for watch in watches:
        watch.close()
    assert counts == [counts[0], counts[0], counts[0] + 1]
    assert footing(0).threads == counts[0]


def test_what_comes_and_goes_is_flat() -> None:
    before = footing(100)
    assert what_grew([before, replace(before, turns=1100, objects=before.objects + 50)]) == []
