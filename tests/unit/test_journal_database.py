from __future__ import annotations

import os
import sqlite3
import threading

import pytest

from sovl_core import journal_database
from sovl_core.durable import is_disk_full
from sovl_core.error_handling import BadInput, LifeDamaged, LifeLocked, SOVLError
from sovl_core.journal_database import JournalDatabase
from sovl_core.plugin_blame import never_blamed

pytestmark = pytest.mark.no_torch


@pytest.fixture
def path(tmp_path):
    return tmp_path / "journal.db"


@pytest.fixture
def database(path):
    database = JournalDatabase(path)
    yield database
    database.close()


def put(database, key, value="v"):
    with database.write() as connection:
        connection.execute("INSERT INTO state VALUES (?, ?)", (key, value))


def keys(database):
    with database.read() as connection:
        return [row["key"] for row in connection.execute("SELECT key FROM state")]


def pragma(database, name):
    with database.read() as connection:
        return connection.execute(f"PRAGMA {name}").fetchone()[0]


def test_writer_is_durable_and_checks_references(database):
    assert pragma(database, "journal_mode") == "wal"
    assert pragma(database, "synchronous") == 2  # FULL
    assert pragma(database, "foreign_keys") == 1


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_block_that_raises_leaves_nothing_behind(database, error):
    def say_half():
        with database.write() as connection:
            connection.execute("INSERT INTO state VALUES ('half', 'v')")
            raise error

    with pytest.raises(error):
        say_half()

    assert keys(database) == []
    put(database, "whole")
    assert keys(database) == ["whole"]


def test_read_block_sees_one_state(database, path):
    reader = JournalDatabase(path, read_only=True)
    with reader.read() as connection:
        before = connection.execute("SELECT COUNT(*) FROM state").fetchone()[0]
        put(database, "later")
        assert connection.execute("SELECT COUNT(*) FROM state").fetchone()[0] == before
    assert keys(reader) == ["later"]
    reader.close()


def test_reader_cannot_write(database, path):
    reader = JournalDatabase(path, read_only=True)

    with pytest.raises(SOVLError, match="reading only"), reader.write():
        pass
    with pytest.raises(SOVLError, match="cannot be opened"), reader.read() as connection:
        connection.execute("INSERT INTO state VALUES ('k', 'v')")
    reader.close()


def test_reader_of_a_life_that_is_not_there_creates_nothing(path):
    with pytest.raises(BadInput, match=r"no journal at .*sovl chat --life"):
        JournalDatabase(path, read_only=True)
    assert not path.exists()


def test_path_may_hold_characters_that_urls_reserve(tmp_path):
    folder = tmp_path / "a life? #1 50% ü"
    folder.mkdir()
    writer = JournalDatabase(folder / "journal.db")
    put(writer, "key")
    reader = JournalDatabase(folder / "journal.db", read_only=True)

    assert keys(reader) == ["key"]
    reader.close()
    writer.close()


def test_missing_folder_is_named(tmp_path):
    with pytest.raises(SOVLError, match=r"nowhere.*cannot be opened.*Check that its folder exists"):
        JournalDatabase(tmp_path / "nowhere" / "journal.db")


def test_a_folder_that_takes_no_files_can_be_read(path, mocker):
    database = JournalDatabase(path)
    put(database, "key")
    database.close()
    mocker.patch("os.access", return_value=False)

    reader = JournalDatabase(path, read_only=True)
    assert keys(reader) == ["key"]
    # SQLite would make two files beside it, and refuse where it cannot.
    assert [other.name for other in path.parent.iterdir()] == [path.name]
    reader.close()


def test_what_stands_in_the_log_is_read_whoever_may_write_there(path, mocker):
    database = JournalDatabase(path)
    put(database, "key")
    mocker.patch("os.access", return_value=False)

    reader = JournalDatabase(path, read_only=True)
    assert keys(reader) == ["key"]
    reader.close()
    database.close()


def test_file_that_is_no_database_is_damaged_and_kept(path):
    path.write_bytes(b"a diary of quite another kind " * 100)

    for read_only in (False, True):
        with pytest.raises(LifeDamaged, match=r"damaged.*doctor --repair"):
            JournalDatabase(path, read_only)
    assert path.read_bytes().startswith(b"a diary")


def test_overwritten_pages_are_damage_with_what_to_do(path):
    database = JournalDatabase(path)
    for number in range(200):
        put(database, f"{number:04d}", "x" * 500)
    database.close()
    content = bytearray(path.read_bytes())
    content[8192:-4096] = b"\xa5" * (len(content) - 12288)
    path.write_bytes(bytes(content))

    with pytest.raises(LifeDamaged, match=r"Keep a copy.*doctor --repair"):
        keys(JournalDatabase(path))


def test_check_names_what_is_wrong(path):
    database = JournalDatabase(path)
    assert database.check() == []
    database.close()
    other = sqlite3.connect(str(path))
    other.execute("INSERT INTO dream_parents VALUES (7, 0, 9)")
    other.commit()
    other.close()

    database = JournalDatabase(path)
    problems = database.check()
    database.close()
    assert any("dream_parents" in problem and "dreams" in problem for problem in problems)


def test_check_of_a_damaged_file_reports_instead_of_raising(path):
    database = JournalDatabase(path)
    for number in range(200):
        put(database, f"{number:04d}", "x" * 500)
    database.close()
    content = bytearray(path.read_bytes())
    content[-40960:] = b"\xa5" * 40960
    path.write_bytes(bytes(content))

    database = JournalDatabase(path)
    assert database.check()
    database.close()


def test_full_disk_keeps_what_was_said_and_goes_on_when_there_is_room(database):
    put(database, "before")
    pages = pragma(database, "page_count")
    pragma(database, f"max_page_count = {pages}")

    with pytest.raises(SOVLError, match=r"could not be written.*Free some disk space") as full:
        put(database, "big", "x" * 100_000)
    assert is_disk_full(full.value)
    assert never_blamed(full.value)

    assert keys(database) == ["before"]
    pragma(database, "max_page_count = 1000000")
    put(database, "after")
    assert keys(database) == ["after", "before"]


def _replaced(path):
    copy = path.with_name("copy.db")
    sqlite3.connect(str(path)).execute(f"VACUUM INTO '{copy}'")
    copy.replace(path)


@pytest.mark.parametrize(
    "happens",
    [lambda path: path.unlink(), lambda path: path.rename(path.with_name("moved.db")), _replaced],
    ids=["deleted", "moved", "replaced"],
)
@pytest.mark.skipif(os.name == "nt", reason="Windows lets nobody move a file that is open")
def test_a_file_that_is_not_in_its_place_any_more_takes_no_words_that_nobody_would_find(database, path, happens):
    put(database, "before")
    happens(path)
    with pytest.raises(SOVLError, match="moved, deleted or replaced") as refused:
        put(database, "after")
    assert never_blamed(refused.value)
    with pytest.raises(SOVLError, match="moved, deleted or replaced"):
        database.scrub()
    assert keys(database) == ["before"]


@pytest.mark.skipif(os.name == "nt", reason="Windows lets nobody move a file that is open")
@pytest.mark.parametrize("replaced", [False, True], ids=["deleted", "replaced"])
def test_a_log_that_is_gone_takes_no_words_and_what_it_had_is_kept_though_the_process_be_killed(
    database, path, replaced, tmp_path
):
    put(database, "before")
    log = path.with_name("journal.db-wal")
    log.rename(tmp_path / "elsewhere")
    if replaced:
        log.write_bytes(b"")
    with pytest.raises(SOVLError, match=r"journal\.db-wal was moved, deleted or replaced.*before is kept") as refused:
        put(database, "after")
    assert never_blamed(refused.value)
    with pytest.raises(SOVLError, match="moved, deleted or replaced"):
        database.scrub()
    # As a killed process would leave it.
    copy = tmp_path / "copy.db"
    copy.write_bytes(path.read_bytes())
    again = JournalDatabase(copy)
    assert keys(again) == ["before"]
    again.close()


def test_a_log_that_is_damaged_is_left_as_it_is(database, path, tmp_path):
    for number in range(4):
        put(database, f"key {number}")
    copy = tmp_path / "copy.db"
    copy.write_bytes(path.read_bytes())
    log, content = tmp_path / "copy.db-wal", bytearray((tmp_path / "journal.db-wal").read_bytes())
    content[100] ^= 1
    log.write_bytes(bytes(content))
    with pytest.raises(LifeDamaged, match=r"the log beside it.*not what was written.*doctor --repair"):
        JournalDatabase(copy)
    assert log.read_bytes() == content


@pytest.mark.skipif(os.name == "nt", reason="Windows lets nobody move a folder with a file that is open")
def test_a_folder_that_was_moved_and_is_still_found_by_its_name_goes_on(tmp_path):
    (tmp_path / "life").mkdir()
    database = JournalDatabase(tmp_path / "life" / "journal.db")
    (tmp_path / "life").rename(tmp_path / "elsewhere")
    (tmp_path / "life").symlink_to(tmp_path / "elsewhere")
    put(database, "after")
    assert keys(database) == ["after"]
    database.close()


def test_another_writer_is_said_to_be_one(path, mocker):
    mocker.patch.object(journal_database, "LOCK_TIMEOUT", 0.01)
    database = JournalDatabase(path)
    other = sqlite3.connect(str(path), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")

    with pytest.raises(LifeLocked, match="another process"):
        put(database, "key")
    other.execute("ROLLBACK")
    put(database, "key")
    other.close()
    database.close()


def test_refused_values_are_bad_input(database):
    with pytest.raises(BadInput, match="too large"):
        put(database, 2**70)
    with pytest.raises(BadInput, match="NOT NULL") as refused:
        put(database, "key", None)
    assert not never_blamed(refused.value)


def test_use_after_closing_says_so(path):
    database = JournalDatabase(path)
    database.close()
    database.close()

    with pytest.raises(SOVLError, match="closed"):
        put(database, "key")


def test_threads_take_turns(database):
    def work(name):
        for number in range(20):
            put(database, f"{name}-{number}")

    threads = [threading.Thread(target=work, args=(name,)) for name in "abcdefgh"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(keys(database)) == sorted(f"{name}-{number}" for name in "abcdefgh" for number in range(20))


def test_scrubbing_leaves_nothing_of_what_was_deleted_in_either_file(database, path):
    for number in range(200):
        put(database, f"zanzibar {number}", "zanzibar" * 50)
    put(database, "kept")
    with database.write() as connection:
        connection.execute("DELETE FROM state WHERE key LIKE 'zanzibar%'")
    log = path.with_name(path.name + "-wal")
    assert b"zanzibar" in path.read_bytes() + log.read_bytes()

    assert database.scrub()

    assert b"zanzibar" not in path.read_bytes()
    assert log.stat().st_size == 0
    assert keys(database) == ["kept"]
    assert pragma(database, "user_version") > 0


def test_scrubbing_waits_for_no_reader_for_ever(path, monkeypatch):
    monkeypatch.setattr(journal_database, "LOCK_TIMEOUT", 0.01)
    writer = JournalDatabase(path)
    reader = JournalDatabase(path, read_only=True)
    put(writer, "a")
    with reader.read() as connection:
        connection.execute("SELECT * FROM state").fetchall()
        assert not writer.scrub()
    assert writer.scrub()
    with pytest.raises(SOVLError, match="reading only"):
        reader.scrub()
    reader.close()
    writer.close()
