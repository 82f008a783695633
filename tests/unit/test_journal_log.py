from __future__ import annotations

import sqlite3

import pytest

from sovl_core.journal import Journal
from sovl_core.journal_log import has_log, is_log_damaged, log_of, with_log

pytestmark = pytest.mark.no_torch

TURNS = [f"Turn {number}." for number in range(6)]
FRAME = 24 + 4096


def killed(journal, tmp_path):
    """Return a journal as a process leaves it that is killed now."""
    copy = tmp_path / "killed.db"
    copy.write_bytes((tmp_path / "journal.db").read_bytes())
    log_of(copy).write_bytes(log_of(tmp_path / "journal.db").read_bytes())
    return copy


@pytest.fixture
def journal(tmp_path):
    journal = Journal(tmp_path / "journal.db")
    for turn in TURNS:
        journal.begin_episode(turn, "c")
    yield journal
    journal.close()


@pytest.fixture
def path(journal, tmp_path):
    return killed(journal, tmp_path)


def change(path, at, bit=4):
    content = bytearray(log_of(path).read_bytes())
    content[at] ^= bit
    log_of(path).write_bytes(bytes(content))


def ends(path):
    """Return where in the log each transaction's last frame begins."""
    log = log_of(path).read_bytes()
    return [at for at in range(32, len(log), FRAME) if log[at + 4 : at + 8] != b"\x00" * 4]


def turns_in(path):
    connection = sqlite3.connect(str(path))
    try:
        return [row[0] for row in connection.execute("SELECT prompt FROM episodes ORDER BY id")]
    finally:
        connection.close()


def joined(path, tmp_path):
    file = tmp_path / "joined.db"
    file.write_bytes(with_log(path))
    return file


def test_what_a_killed_process_has_left_is_no_damage(path, tmp_path):
    assert has_log(path)
    assert not is_log_damaged(path)
    assert turns_in(joined(path, tmp_path)) == TURNS
    assert turns_in(path) == TURNS
    assert not has_log(path)
    assert not is_log_damaged(path)


@pytest.mark.parametrize("place", [0, 4, 10, 18, 28], ids=["order", "version", "page size", "salt", "checksum"])
def test_a_byte_of_the_header_that_changed_would_cost_everything(path, tmp_path, place):
    change(path, place)
    assert is_log_damaged(path)
    assert turns_in(joined(path, tmp_path)) == TURNS


@pytest.mark.parametrize("which", [0, 3, -3, -2], ids=["first", "of tables", "of a turn", "before the last"])
@pytest.mark.parametrize("place", [9, 18, 2000], ids=["salt", "checksum", "page"])
def test_a_byte_that_changed_before_the_last_transaction_is_noticed_and_costs_nothing(path, tmp_path, which, place):
    change(path, ends(path)[which] + place)
    assert is_log_damaged(path)
    assert turns_in(joined(path, tmp_path)) == TURNS


def test_without_being_noticed_it_would_cost_what_was_said_since(path):
    change(path, ends(path)[-3] + 2000)
    assert turns_in(path) == TURNS[:3]


def test_the_last_transaction_may_be_in_pieces_as_after_a_power_cut(path):
    whole = log_of(path).read_bytes()
    last, before = ends(path)[-1], ends(path)[-2]
    for at in range(before + FRAME, last + FRAME, FRAME):
        log_of(path).write_bytes(whole[:at] + b"\xa5" * FRAME + whole[at + FRAME :])
        assert not is_log_damaged(path)
    for length in (40, 5000, before, before + FRAME, last + 10, last + FRAME - 1):
        log_of(path).write_bytes(whole[:length])
        assert not is_log_damaged(path)


def test_what_is_left_of_earlier_rounds_of_the_log_is_no_damage(journal, tmp_path):
    before = log_of(tmp_path / "journal.db").read_bytes()
    journal._database._connection.execute("PRAGMA wal_checkpoint(RESTART)")
    journal.begin_episode("Turn 6.", "c")
    path = killed(journal, tmp_path)
    now = log_of(path).read_bytes()
    assert len(now) == len(before)
    assert now[16:24] != before[16:24]
    assert not is_log_damaged(path)
    assert turns_in(joined(path, tmp_path)) == [*TURNS, "Turn 6."]
    # Killed between the new header and its first frame.
    log_of(path).write_bytes(now[:32] + before[32:])
    assert not is_log_damaged(path)


def test_what_is_left_of_a_transaction_that_was_given_up_is_no_damage(journal, tmp_path):
    connection = journal._database._connection
    connection.execute("PRAGMA cache_size = 1")
    size = log_of(tmp_path / "journal.db").stat().st_size

    def give_up():
        with journal._database.write() as writing:
            for number in range(200):
                writing.execute("INSERT INTO state VALUES (?, ?)", (f"key {number}", "long " * 200))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        give_up()
    journal.begin_episode("Turn 6.", "c")
    path = killed(journal, tmp_path)
    assert log_of(path).stat().st_size > size + 20 * FRAME
    assert not is_log_damaged(path)
    assert turns_in(joined(path, tmp_path)) == [*TURNS, "Turn 6."]


def test_a_log_that_is_being_written_just_now_is_left_alone(path, mocker):
    change(path, ends(path)[0] + 2000)
    content = log_of(path).read_bytes()
    mocker.patch("pathlib.Path.read_bytes", side_effect=[content, content[:-1]])
    assert not is_log_damaged(path)


def test_of_a_file_that_is_gone_the_log_is_enough_as_long_as_all_is_in_it(path, tmp_path):
    path.unlink()
    assert turns_in(joined(path, tmp_path)) == TURNS


def test_without_a_whole_transaction_the_file_is_what_counts(path):
    log = log_of(path).read_bytes()
    for rest in (b"", log[:20], log[: 32 + FRAME]):
        log_of(path).write_bytes(rest)
        assert with_log(path) == path.read_bytes()
        assert not is_log_damaged(path)
