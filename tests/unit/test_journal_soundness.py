from __future__ import annotations

import sqlite3

import pytest

from sovl_core.journal import Journal
from sovl_core.journal_soundness import NAMED, unsound_rows, what_is_wrong

pytestmark = pytest.mark.no_torch


@pytest.fixture
def path(tmp_path):
    journal = Journal(tmp_path / "journal.db")
    for words in ("My dog is called Biscuit.", "I was born in Oslo."):
        journal.finish_episode(journal.begin_episode(words, "c").id, "I see.")
    journal.set_value("vitals", {"exposure": 1})
    journal.close()
    return tmp_path / "journal.db"


def change(path, statement):
    connection = sqlite3.connect(str(path))
    connection.execute(statement)
    connection.commit()
    connection.close()


def flip(path, words, instead):
    content = path.read_bytes()
    assert content.count(words) == 1
    path.write_bytes(content.replace(words, instead))


def found(path):
    journal = Journal(path, read_only=True)
    try:
        return journal.check()
    finally:
        journal.close()


def test_a_journal_as_it_was_written_is_sound(path):
    assert unsound_rows(path.as_uri()) == []
    assert found(path) == []


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("UPDATE episodes SET details = '{half'", "table episodes, column details: broken JSON: b'{half'"),
        ("UPDATE state SET value = CAST(x'ff7b' AS TEXT)", "table state, column value: not text"),
        ("UPDATE episodes SET conversation = CAST(x'c328' AS TEXT)", "table episodes, column conversation: not text"),
    ],
)
def test_a_row_that_cannot_be_read_is_named(path, statement, said):
    change(path, statement)
    assert found(path)[0].startswith(said)


def test_a_flipped_letter_of_what_was_said_is_noticed(path):
    before = path.read_bytes()
    flip(path, b"called Biscuit", b"called Biskuit")
    assert sqlite3.connect(str(path)).execute("PRAGMA integrity_check").fetchone() == ("ok",)

    assert found(path) == [
        "the words of a turn are not those that were written, or the index of them is damaged"
    ] or not _indexed(path)
    path.write_bytes(before)
    assert found(path) == []


def _indexed(path):
    return "episodes_search" in str(sqlite3.connect(str(path)).execute("SELECT name FROM sqlite_master").fetchall())


def test_only_so_many_are_named(path):
    journal = Journal(path)
    for number in range(NAMED + 5):
        journal.begin_episode(f"line {number}", "c")
    journal.close()
    change(path, "UPDATE episodes SET details = '['")
    assert len(unsound_rows(path.as_uri())) == NAMED


@pytest.mark.parametrize(
    ("value", "is_json", "said"),
    [(b"{}", True, ""), (b"{", True, "broken JSON"), (b"{", False, ""), (b"\xff", False, "not text"), (None, True, "")],
)
def test_what_is_wrong_with_a_text(value, is_json, said):
    assert what_is_wrong(value, is_json) == said
