from __future__ import annotations

import os

import pytest

from sovl_core import durable
from sovl_core.journal import Journal
from sovl_core.life import Life
from sovl_core.night_store import NightStore
from sovl_core.plugin import PluginState
from sovl_core.quarantine import Quarantine
from sovl_core.state_files import write_plugin_states
from torture.blows import record_order
from torture.order import order_problems
from torture.processes import run_child

pytestmark = [pytest.mark.no_torch, pytest.mark.skipif(os.name == "nt", reason="forks")]


def steps_of(folder, log, work):
    """Return the steps on the disk of a function, in a process that ends with it."""

    def recorded():
        record_order(folder, log)
        work()
        return 0

    ended = run_child(recorded)
    assert ended.status == 0, ended.err
    return log.read_text().splitlines()


def store_a_night(folder):
    states = {"side": PluginState({"turns": 1})}
    store = NightStore(folder / "nights")
    for number in (1, 2, 2):
        store.save(number, {}, states, {"status": "accepted"})


def write_settings(folder):
    from sovl_core.config_file import create_config

    create_config(folder / "life.toml")


WRITERS = {
    "a night": store_a_night,
    "state of plugins": lambda folder: write_plugin_states(folder / "state", {"side": PluginState({"turns": 1})}),
    "settings": write_settings,
    "quarantine": lambda folder: Quarantine(folder).take(folder / "nights" / "damaged", "why"),
    "a life": lambda folder: Life.open(folder / "new" / "life").close(),
    "journal": lambda folder: Journal(folder / "journal.db").close(),
}


@pytest.mark.parametrize("what", list(WRITERS))
def test_everything_is_on_the_disk_before_it_gets_its_name(tmp_path, what):
    folder = tmp_path / "life"
    (folder / "nights").mkdir(parents=True)
    (folder / "nights" / "damaged").write_text("x")
    steps = steps_of(folder, tmp_path / "log", lambda: WRITERS[what](folder))
    assert any(step.startswith(("rename", "fsync")) for step in steps)
    assert order_problems(steps) == []


def test_a_file_that_is_not_flushed_is_found(tmp_path):
    def careless():
        (tmp_path / "life" / "new").write_text("words")
        os.replace(str(tmp_path / "life" / "new"), str(tmp_path / "life" / "journal"))

    (tmp_path / "life").mkdir()
    problems = order_problems(steps_of(tmp_path / "life", tmp_path / "log", careless))
    assert len(problems) == 2
    assert "new was not on the disk when it became" in problems[0]
    assert "the folder of" in problems[1]


def test_a_file_in_a_folder_that_gets_its_name_is_found(tmp_path):
    def careless():
        folder = tmp_path / "life" / "0001.partial"
        folder.mkdir()
        durable.write_file(folder / "a", b"flushed")
        (folder / "b").write_bytes(b"not")
        os.rename(str(folder), str(tmp_path / "life" / "0001"))
        durable.sync_folder(tmp_path / "life")

    (tmp_path / "life").mkdir()
    (problem,) = order_problems(steps_of(tmp_path / "life", tmp_path / "log", careless))
    assert "0001.partial/b was not on the disk" in problem


def test_what_is_only_moved_was_flushed_by_whoever_wrote_it(tmp_path):
    night = tmp_path / "life" / "0001"
    night.mkdir(parents=True)
    (night / "a").write_bytes(b"flushed by another process")

    def move():
        os.rename(str(night), str(tmp_path / "life" / "aside"))
        durable.sync_folder(tmp_path / "life")

    os.utime(night / "a", (1, 1))
    assert order_problems(steps_of(tmp_path / "life", tmp_path / "log", move)) == []


def test_a_new_folder_that_is_not_flushed_is_found():
    steps = ["os.mkdir /l/s", "open /l/s/a", "fsync /l/s/a", "rename /l/s/a to /l/s/b", "fsync /l/s"]
    assert order_problems(steps) == ["/l/s is new, and the folder that holds its name was not flushed"]
    assert order_problems([*steps, "fsync /l"]) == []
    assert order_problems(["os.mkdir /l/other", *steps[1:]]) == []


def test_written_again_after_it_was_flushed_is_not_flushed():
    steps = ["open /l/a", "fsync /l/a", "open /l/a", "rename /l/a to /l/b", "fsync /l"]
    assert order_problems(steps) == ["/l/a was not on the disk when it became /l/b"]
    assert order_problems([steps[0], steps[1], *steps[3:]]) == []
