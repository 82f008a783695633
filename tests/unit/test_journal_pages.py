from __future__ import annotations

import sqlite3

import pytest

from sovl_core.events import Feedback
from sovl_core.journal import Journal
from sovl_core.journal_pages import rows_on_pages

pytestmark = pytest.mark.no_torch

LONG = "A long story. " * 2000


@pytest.fixture
def journal(tmp_path):
    journal = Journal(tmp_path / "journal.db", clock=lambda: 1700000000.5)
    yield journal
    journal.close()


def fill(journal, count=120):
    for number in range(count):
        episode = journal.begin_episode(
            f"Fact {number} is ü{number}.", f"talk {number % 3}", weight=1.5 if number else 1
        )
        journal.finish_episode(episode.id, LONG if number == 7 else "I see.", confidence=0.25)
    journal.add_feedback(Feedback("rating", value=-1.0, text="no", episode=3))


def expected(path):
    connection = sqlite3.connect(str(path))
    connection.row_factory = sqlite3.Row
    connection.text_factory = bytes
    return [
        (table, dict(row))
        for table in ("episodes", "feedback")
        for row in connection.execute(f"SELECT * FROM {table} ORDER BY id")
    ]


def read(path):
    return sorted(rows_on_pages(path), key=lambda found: (found[0], found[1]["id"]))


def test_all_that_was_said_is_read_off_the_pages(journal, tmp_path):
    fill(journal)
    journal.close()
    assert read(tmp_path / "journal.db") == expected(tmp_path / "journal.db")


def test_what_stands_in_the_log_beside_the_file_counts(journal, tmp_path):
    fill(journal)
    copy = tmp_path / "copy"
    copy.mkdir()
    for name in ("journal.db", "journal.db-wal"):
        (copy / name).write_bytes((tmp_path / name).read_bytes())
    assert (copy / "journal.db-wal").stat().st_size > 100_000

    assert read(copy / "journal.db") == expected(tmp_path / "journal.db")


def test_no_header_and_no_schema_are_needed(journal, tmp_path):
    fill(journal)
    journal.close()
    path = tmp_path / "journal.db"
    wanted = expected(path)
    path.write_bytes(b"\xa5" * 4096 + path.read_bytes()[4096:])

    assert read(path) == wanted


@pytest.mark.parametrize("content", [b"", b"x" * 10, b"\x0d" * 8192, b"\x0d\x00\x00\xff\xff" * 4000])
def test_what_is_no_journal_has_no_rows(tmp_path, content):
    path = tmp_path / "journal.db"
    path.write_bytes(content)
    assert read(path) == []
