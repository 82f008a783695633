from __future__ import annotations

import random
import sqlite3
from contextlib import closing

import pytest

from sovl_core.journal import Journal
from sovl_core.journal_schema import MIGRATIONS
from sovl_core.records import Exchange
from torture.attempt import Attempt
from torture.journal_copies import journal_copy, shape, shape_of_version
from torture.ledger import Ledger
from torture.older_journal import BACK, half_migrated, make_older, on_an_older_journal

pytestmark = [
    pytest.mark.no_torch,
    pytest.mark.skipif(sqlite3.sqlite_version_info < (3, 35), reason="this SQLite drops no columns"),
]
NEWEST = len(MIGRATIONS)


class Choosing(random.Random):
    """Chooses the newest or the oldest of what there is."""

    def __init__(self, place):
        super().__init__(0)
        self.place = place

    def choice(self, found):
        return found[self.place]


@pytest.fixture
def life(tmp_path):
    journal = Journal(tmp_path / "journal.db")
    journal.begin_episode("My dog is called Rex.", "c")
    journal.accept_night(journal.open_night(None, "command", {}), "accepted", [1], {})
    journal.close()
    return tmp_path


def test_there_is_a_way_back_from_each_version():
    assert set(BACK) == set(range(2, NEWEST + 1))


@pytest.mark.parametrize(("place", "version"), [(0, NEWEST - 1), (-1, 1)])
def test_a_journal_that_was_taken_back_is_what_that_version_wrote(life, place, version):
    assert make_older(life / "journal.db", Choosing(place)) == version
    with journal_copy(life) as taken_back:
        assert shape(taken_back) == shape_of_version(version)
    with closing(Journal(life / "journal.db")) as journal:
        assert journal.search("Rex")[0].prompt == "My dog is called Rex."
        assert journal.current_night() == 1
        assert journal.check() == []
    assert half_migrated(life, NEWEST) == []


def test_it_is_not_taken_back_to_where_something_would_be_lost(life):
    with closing(Journal(life / "journal.db")) as journal:
        journal.take_in([Exchange("My cat is called Ann.", conversation="c", key="k")])
    assert make_older(life / "journal.db", Choosing(-1)) == 2
    with closing(Journal(life / "journal.db")) as journal:
        journal.open_night(1, "command", {}, deep=True)
    assert make_older(life / "journal.db", Choosing(-1)) == 3


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("CREATE INDEX episodes_said ON episodes (id)", "is not as it should be: [('index', 'episodes_said')]"),
        ("DROP TABLE imports", "('table', 'imports')"),
        ("PRAGMA user_version = 3", "has version 3"),
        (f"PRAGMA user_version = {NEWEST}", f"a journal of version {NEWEST}, from {NEWEST - 1} on"),
    ],
)
def test_what_is_half_migrated_is_found(life, statement, said):
    attempt = on_an_older_journal(Attempt([], promised=lambda ended, ledger: ["of its own"]), Choosing(0), life)
    assert attempt.promised(None, Ledger()) == ["of its own"]
    connection = sqlite3.connect(str(life / "journal.db"), isolation_level=None)
    connection.execute(statement)
    connection.close()
    _own, found = attempt.promised(None, Ledger())
    assert said in found
