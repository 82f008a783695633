from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from sovl_core.error_handling import LifeDamaged, SOVLError
from sovl_core.journal import Journal
from sovl_core.journal_schema import MIGRATIONS, check_current, migrate, schema_version

pytestmark = pytest.mark.no_torch

FIXTURES = sorted((Path(__file__).parent / "data").glob("journal_v*.sql"))
NEXT = ("ALTER TABLE episodes ADD COLUMN place TEXT NOT NULL DEFAULT 'home'", "UPDATE episodes SET place = 'garden'")


@pytest.fixture
def path(tmp_path):
    return tmp_path / "journal.db"


def connect(path):
    return sqlite3.connect(str(path), isolation_level=None)


def objects(connection):
    rows = connection.execute("SELECT type, name, sql FROM sqlite_master WHERE name NOT LIKE 'episodes_search%'")
    return set(rows)


@pytest.fixture
def older(path):
    """A file as the first released version wrote it."""
    connection = connect(path)
    connection.executescript(FIXTURES[0].read_text(encoding="utf-8"))
    connection.close()
    return path


def test_there_is_a_fixture_of_every_version():
    assert [path.name for path in FIXTURES] == [f"journal_v{n + 1}.sql" for n in range(len(MIGRATIONS))]


def test_empty_file_becomes_a_journal(path):
    connection = connect(path)
    migrate(connection, path)

    assert schema_version(connection) == len(MIGRATIONS)
    check_current(connection, path)


@pytest.mark.parametrize("version", range(1, len(MIGRATIONS) + 1))
def test_released_version_is_what_its_migrations_still_make(version, path, tmp_path):
    released, fresh = connect(path), connect(tmp_path / "fresh.db")
    released.executescript(FIXTURES[version - 1].read_text(encoding="utf-8"))
    migrate(fresh, tmp_path / "fresh.db", MIGRATIONS[:version])

    assert objects(released) == objects(fresh)


def test_older_journal_is_migrated_forward_and_keeps_its_rows(older):
    connection = connect(older)
    before = connection.execute("SELECT * FROM episodes").fetchall()

    migrate(connection, older, (*MIGRATIONS, NEXT))

    assert schema_version(connection) == len(MIGRATIONS) + 1
    after = connection.execute("SELECT * FROM episodes").fetchall()
    assert after == [(*row, "garden") for row in before]


def test_journal_opens_an_older_file_and_reads_all_of_it(older):
    with_search = Journal(older)

    assert [e.id for e in with_search.episodes()] == [3, 2, 1]
    assert with_search.current_night() == 1
    assert with_search.unconsolidated()[0].prompt == "My dog is called Rex."
    assert [e.id for e in with_search.search("bruno")] == [1]
    assert with_search.check() == []
    with_search.close()


def test_migrating_twice_changes_nothing(older):
    connection = connect(older)
    migrate(connection, older)
    before = objects(connection)
    migrate(connection, older)

    assert objects(connection) == before


def test_failed_migration_leaves_the_older_version_whole(older):
    connection = connect(older)
    migrate(connection, older)
    before = objects(connection)

    with pytest.raises(sqlite3.OperationalError, match="no_such_table"):
        migrate(connection, older, (*MIGRATIONS, (NEXT[0], "UPDATE no_such_table SET x = 1")))

    assert schema_version(connection) == len(MIGRATIONS)
    assert objects(connection) == before
    migrate(connection, older, (*MIGRATIONS, NEXT))
    assert schema_version(connection) == len(MIGRATIONS) + 1


def test_newer_journal_is_refused_naming_both_versions(older):
    newer = len(MIGRATIONS) + 4
    connection = connect(older)
    connection.execute(f"PRAGMA user_version = {newer}")
    connection.close()

    for read_only in (False, True):
        with pytest.raises(LifeDamaged, match=f"version {newer}.*up to version {len(MIGRATIONS)}.*pip install"):
            Journal(older, read_only=read_only)


def test_another_programs_database_is_refused(path):
    connection = connect(path)
    connection.execute("CREATE TABLE bookmarks (url TEXT)")
    connection.close()

    with pytest.raises(LifeDamaged, match="not a journal"):
        Journal(path)
    assert objects(connect(path)) == {("table", "bookmarks", "CREATE TABLE bookmarks (url TEXT)")}


def test_reader_refuses_an_older_journal_and_says_how_to_bring_it_up_to_date(older):
    with pytest.raises(SOVLError, match=r"Opening it for writing.*sovl chat") as refusal:
        check_current(connect(older), older, newest=len(MIGRATIONS) + 1)
    assert not isinstance(refusal.value, LifeDamaged)


def test_reader_refuses_an_empty_file(path):
    path.touch()

    with pytest.raises(SOVLError, match="still empty"):
        Journal(path, read_only=True)
