from __future__ import annotations

import random
import shutil
import sqlite3
from contextlib import closing

import pytest

from sovl_core.journal import Journal
from sovl_core.journal_log import is_log_damaged, log_of, with_log
from torture.log_damage import KINDS, WHEN_BROUGHT_IN, hurt_log, rows_with_log, transactions

pytestmark = pytest.mark.no_torch
TURNS = [f"Turn {number}." for number in range(6)]


@pytest.fixture
def life(tmp_path):
    """A life as a process leaves it that was killed; its first turns are in the journal's file."""
    open_one, path = tmp_path / "open", tmp_path / "life"
    open_one.mkdir()
    with closing(Journal(open_one / "journal.db")) as journal:
        for turn in TURNS[:2]:
            journal.begin_episode(turn, "c")
        journal._database._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        for turn in TURNS[2:]:
            journal.begin_episode(turn, "c")
        shutil.copytree(str(open_one), str(path))
    return path


def rows(folder):
    with closing(sqlite3.connect(str(folder / "journal.db"))) as connection:
        return {"episodes": [row[0] for row in connection.execute("SELECT prompt FROM episodes ORDER BY id")]}


def test_a_transaction_ends_with_each_turn(life):
    log = log_of(life / "journal.db").read_bytes()
    ends = transactions(log)
    assert len(ends) == len(TURNS) - 2
    assert ends[-1] == len(log)
    read = [rows_with_log(life, log[:end], rows)["episodes"] for end in (0, *ends)]
    assert read == [TURNS[:count] for count in range(2, len(TURNS) + 1)]


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("kind", list(KINDS))
def test_all_is_read_back_or_a_power_cut_could_have_cost_the_same(life, tmp_path, kind, seed):
    whole = log_of(life / "journal.db").read_bytes()
    must = hurt_log(life, kind, random.Random(seed))
    log = log_of(life / "journal.db")
    assert (log.read_bytes() if log.exists() else None) != whole
    if kind == WHEN_BROUGHT_IN:
        # What it costs to have the two mixed depends on which pages fit; the file alone has all of it.
        log.unlink()
        assert must == whole
        assert rows(life)["episodes"] == TURNS
        return
    assert (must == whole) == is_log_damaged(life / "journal.db")
    if must == whole:
        (life / "journal.db").write_bytes(with_log(life / "journal.db"))
        log.unlink()
        assert rows(life)["episodes"] == TURNS
        return
    wanted = rows_with_log(life, must, rows)["episodes"]
    assert wanted == TURNS[: len(wanted)]
    assert len(wanted) >= (len(TURNS) - 1 if "last" in kind else 2)
    assert rows(life)["episodes"] == wanted
