from __future__ import annotations

import os
import signal
import sys
import time

import pytest

from torture.blows import FULL, MOMENT, STEP, count_steps, draw
from torture.processes import BROKEN, kill, run_child, working_seconds

pytestmark = [pytest.mark.no_torch, pytest.mark.skipif(os.name == "nt", reason="forks")]


def test_a_child_says_how_it_ended_and_what_it_wrote():
    def work():
        print("out", os.environ["ONLY"])
        print("err", file=sys.stderr)
        return 3

    ended = run_child(work, {"ONLY": "this"})
    assert (ended.status, ended.signal, ended.out, ended.err) == (3, None, "out this\n", "err\n")


def test_a_child_that_fails_is_told_from_a_command_that_does():
    ended = run_child(lambda: 1 // 0)
    assert ended.status == BROKEN
    assert "ZeroDivisionError" in ended.err


def test_a_killed_child_has_shown_what_it_had_flushed():
    def work():
        print("acknowledged", flush=True)
        time.sleep(60)
        return 0

    ended = run_child(work, interfere=kill, after=0.3)
    assert ended.killed
    assert ended.signal == signal.SIGKILL
    assert ended.out == "acknowledged\n"
    assert ended.seconds < 30


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the clock of another process")
def test_a_child_is_killed_after_so_much_work_of_its_own():
    def work():
        time.sleep(0.5)
        print("slept", flush=True)
        while True:
            pass

    ended = run_child(work, interfere=kill, after=0.2, clock=working_seconds)
    assert ended.killed
    assert ended.out == "slept\n"
    assert ended.work >= 0.2


def test_who_is_interrupted_leaves_no_child_behind():
    children = []

    def interfere(pid):
        children.append(pid)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_child(lambda: time.sleep(60) or 0, interfere=interfere)
    with pytest.raises(ProcessLookupError):
        os.kill(children[0], 0)


def test_room_is_taken_before_the_step_that_was_drawn(tmp_path):
    class First:
        def randint(self, low, high):
            return 2

        def random(self):
            return 0.0

    (tmp_path / "life").mkdir()
    filled = tmp_path / "filled"
    blow = draw(FULL, First(), 1.0, 5, tmp_path / "life", tmp_path / "notes", lambda pid: filled.mkdir())
    assert blow.interfere is None

    def work():
        blow.prepare()
        for number in range(2):
            (tmp_path / "life" / str(number)).mkdir()
            print(filled.exists())
        return 0

    assert run_child(work).out == "False\nTrue\n"


class Third:
    """Draws the third step."""

    def randint(self, low, high):
        return 3


def test_a_child_is_killed_before_the_step_that_was_drawn(tmp_path):
    (tmp_path / "life").mkdir()
    blow = draw(STEP, Third(), 1.0, 5, tmp_path / "life", tmp_path / "notes")

    def work():
        blow.prepare()
        for number in range(5):
            # Not Path.write_text, which opens a file in two steps on Python 3.8.
            for folder in (tmp_path / "life", tmp_path):
                with open(str(folder / str(number)), "w", encoding="utf-8") as file:
                    file.write("elsewhere does not count")
        return 0

    assert run_child(work).killed
    assert sorted(os.listdir(tmp_path / "life")) == ["0", "1"]
    assert (tmp_path / "notes").read_text().split()[:2] == ["3", "open"]


def test_what_is_removed_in_an_open_folder_counts_by_its_path(tmp_path):
    import shutil

    (tmp_path / "life" / "nights").mkdir(parents=True)
    for place in (tmp_path / "life" / "nights", tmp_path):
        (place / "file").touch()
    blow = draw(STEP, Third(), 1.0, 5, tmp_path / "life", tmp_path / "notes")

    def work():
        blow.prepare()
        os.remove(str(tmp_path / "file"))
        shutil.rmtree(str(tmp_path / "life"))
        return 0

    assert run_child(work).killed
    assert (tmp_path / "notes").read_text().split() == ["3", "os.rmdir", str(tmp_path / "life")]


def test_steps_of_sqlite_count(tmp_path):
    import sqlite3

    def work():
        count_steps(tmp_path / "life", tmp_path / "notes")
        connection = sqlite3.connect(":memory:", isolation_level=None)
        connection.execute("CREATE TABLE t (a)")
        for statement in ("BEGIN IMMEDIATE", "INSERT INTO t VALUES (1)", "SELECT 1", "COMMIT"):
            connection.execute(statement)
        return 0

    assert run_child(work).status == 0
    assert (tmp_path / "notes").read_text().split()[:3] == ["4", "sqlite", "COMMIT"]


def test_a_moment_lies_within_the_command():
    import random

    moments = [draw(MOMENT, random.Random(seed), 2.0, 5, None, None).after for seed in range(200)]
    assert min(moments) >= 0.2
    assert max(moments) <= 2.04
    assert len(set(moments)) == 200
