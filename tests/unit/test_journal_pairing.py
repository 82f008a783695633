from __future__ import annotations

import random
import shutil
import sqlite3
from contextlib import closing

import pytest

from sovl_core.error_handling import LifeDamaged
from sovl_core.journal import Journal
from sovl_core.journal_log import log_of
from sovl_core.journal_pairing import is_of_another_time
from sovl_core.life import Life
from sovl_core.quarantine import QUARANTINE, Quarantine
from sovl_core.repair import find_damage, mend_damage

pytestmark = pytest.mark.no_torch
FRAME = 24 + 4096


def say(path, *turns):
    with closing(Journal(path)) as journal:
        for turn in turns:
            journal.begin_episode(turn, "c")


def turns_in(path):
    with closing(Journal(path)) as journal:
        return [episode.prompt for episode in reversed(journal.episodes(limit=1000))]


def killed(path, folder):
    """Copy an open journal as a process leaves it that is killed now."""
    folder.mkdir()
    shutil.copyfile(str(path), str(folder / "journal.db"))
    shutil.copyfile(str(log_of(path)), str(log_of(folder / "journal.db")))
    return folder / "journal.db"


def words(day, count):
    return [f"{day} {number} {'x' * 200}" for number in range(count)]


MONDAY, TUESDAY, WEDNESDAY = words("Monday", 20), words("Tuesday", 20), words("Wednesday", 5)


@pytest.fixture
def path(tmp_path):
    """Three days, the last of them killed in its session, and a copy of the file from each."""
    lived = tmp_path / "lived.db"
    for name, turns in (("monday", MONDAY), ("tuesday", TUESDAY)):
        say(lived, *turns)
        shutil.copyfile(str(lived), str(tmp_path / f"{name}.db"))
    with closing(Journal(lived)) as journal:
        for turn in WEDNESDAY:
            journal.begin_episode(turn, "c")
        return killed(lived, tmp_path / "life")


def put_back(path, name):
    shutil.copyfile(str(path.parent.parent / f"{name}.db"), str(path))


def mended(path):
    told = []
    with Life.open(path.parent) as life:
        (damage,) = find_damage(life)
        assert damage.said.endswith("goes on from another state of it; was a copy put back?")
        assert mend_damage(life, told.append, Quarantine(life.path)) == []
        assert find_damage(life) == []
    return told


def test_what_a_killed_session_has_left_belongs_together(path):
    assert not is_of_another_time(path)
    assert turns_in(path) == MONDAY + TUESDAY + WEDNESDAY


def test_without_being_noticed_an_older_copy_would_be_mixed_with_the_log(path):
    put_back(path, "monday")
    with closing(sqlite3.connect(str(path))) as connection:
        assert [row[0] for row in connection.execute("SELECT prompt FROM episodes ORDER BY id")] == MONDAY
    assert not log_of(path).exists()


def test_an_older_copy_is_noticed_and_everything_there_is_read_from_both(path):
    put_back(path, "monday")
    before = [path.read_bytes(), log_of(path).read_bytes()]
    with pytest.raises(LifeDamaged, match=r"another state of it.*sovl doctor --repair"):
        Journal(path)
    assert [path.read_bytes(), log_of(path).read_bytes()] == before
    told = mended(path)
    assert "journal.db-wal is kept as" in told[-1]
    turns = turns_in(path)
    assert turns[:20] == MONDAY
    assert turns[-5:] == WEDNESDAY
    assert len(list((path.parent / QUARANTINE).rglob("journal.db*"))) >= 2


def test_what_the_log_says_of_a_turn_is_later_than_the_copy(tmp_path):
    lived = tmp_path / "lived.db"
    say(lived, "Who is Ann?")
    shutil.copyfile(str(lived), str(tmp_path / "monday.db"))
    say(lived, "One more.")
    with closing(Journal(lived)) as journal:
        journal.finish_episode(1, "A neighbour.")
        path = killed(lived, tmp_path / "life")
    put_back(path, "monday")
    mended(path)
    with closing(Journal(path)) as journal:
        assert journal.episode(1).reply == "A neighbour."


def test_a_copy_from_since_the_log_was_begun_is_as_good(path):
    put_back(path, "tuesday")
    assert not is_of_another_time(path)
    assert turns_in(path) == MONDAY + TUESDAY + WEDNESDAY


def test_an_older_log_is_noticed_beside_a_newer_file(tmp_path, path):
    older = log_of(path).read_bytes()
    say(path, "Thursday.", *words("Friday", 3))
    all_of_it = turns_in(path)
    log_of(path).write_bytes(older)
    assert is_of_another_time(path)
    mended(path)
    assert turns_in(path) == all_of_it


@pytest.mark.parametrize("left", [1, 3, 7, 20])
def test_a_log_that_was_cut_when_it_had_been_brought_into_the_file_costs_nothing(tmp_path, left):
    lived = tmp_path / "lived.db"
    say(lived, *MONDAY)
    with closing(Journal(lived)) as journal:
        for turn in TUESDAY:
            journal.begin_episode(turn, "c")
        journal._database._connection.execute("PRAGMA wal_checkpoint(PASSIVE)")
        path = killed(lived, tmp_path / "life")
    log_of(path).write_bytes(log_of(path).read_bytes()[: 32 + left * FRAME])
    if is_of_another_time(path):
        mended(path)
    assert turns_in(path) == MONDAY + TUESDAY


def give_up(database):
    with database.write() as connection:
        connection.execute("INSERT INTO state VALUES ('key', ?)", ("x" * 50_000,))
        raise ZeroDivisionError


@pytest.mark.parametrize("seed", range(5))
def test_no_kill_leaves_what_does_not_belong_together(tmp_path, seed):
    rng, lived, said = random.Random(seed), tmp_path / "lived.db", []
    for session in range(3):
        with closing(Journal(lived)) as journal:
            connection, reader = journal._database._connection, None
            for step in range(12):
                what = rng.choice(["say", "say", "say", "PASSIVE", "RESTART", "TRUNCATE", "read", "give up", "scrub"])
                if what == "say":
                    said.append(f"{session}-{step} {'x' * rng.choice([1, 5000])}")
                    journal.begin_episode(said[-1], "c")
                elif what == "read":
                    if reader is not None:
                        reader.close()
                    reader = sqlite3.connect(f"{lived.as_uri()}?mode=ro", uri=True)
                    reader.execute("BEGIN")
                    reader.execute("SELECT COUNT(*) FROM episodes").fetchone()
                elif what == "give up":
                    with pytest.raises(ZeroDivisionError):
                        give_up(journal._database)
                elif reader is not None:
                    reader.close()
                    reader = None
                elif what == "scrub":
                    journal._database.scrub()
                else:
                    connection.execute(f"PRAGMA wal_checkpoint({what})").fetchone()
                assert not is_of_another_time(lived)
                path = killed(lived, tmp_path / f"{session}-{step}")
                assert not is_of_another_time(path)
                assert turns_in(path) == said
            if reader is not None:
                reader.close()


def test_what_earlier_versions_wrote_has_no_numbers_and_passes(path):
    put_back(path, "monday")
    assert is_of_another_time(path)
    log_of(path).unlink()
    connection = sqlite3.connect(str(path))
    connection.execute("DELETE FROM counters WHERE name = 'transactions'")
    connection.commit()
    connection.close()
    with closing(sqlite3.connect(str(path), isolation_level=None)) as connection:
        connection.execute("INSERT INTO state VALUES ('a', '1')")
        copy = killed(path, path.parent.parent / "older")
    assert not is_of_another_time(copy)
    with closing(Journal(path)) as journal:
        journal.begin_episode("The first with a number.", "c")
        assert not is_of_another_time(killed(path, path.parent.parent / "newer"))


def test_a_file_that_cannot_be_read_is_damaged_in_another_way(path):
    path.write_bytes(b"\xa5" * 100 + path.read_bytes()[100:])
    assert not is_of_another_time(path)
    path.write_bytes(b"")
    assert not is_of_another_time(path)
    path.unlink()
    assert not is_of_another_time(path)


def test_a_transaction_that_changes_nothing_has_no_number(tmp_path):
    say(tmp_path / "journal.db", "A turn.")
    with closing(Journal(tmp_path / "journal.db")) as journal:
        size = log_of(tmp_path / "journal.db").stat().st_size
        with journal._database.write() as connection:
            connection.execute("DELETE FROM state WHERE key = 'nothing'")
        assert log_of(tmp_path / "journal.db").stat().st_size == size
