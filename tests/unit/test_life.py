from __future__ import annotations

import errno
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from sovl_core.error_handling import BadInput, LifeDamaged, LifeLocked, SOVLError
from sovl_core.life import Holder, Life

pytestmark = pytest.mark.no_torch

POSIX = pytest.mark.skipif(os.name == "nt", reason="POSIX only")
ROOT = Path(__file__).parents[2]

#: A process that opens the life named on its command line, says how that went, and waits for the end of its input.
OTHER = """
import sys
from sovl_core.error_handling import SOVLError
from sovl_core.life import Life
try:
    life = Life.open(sys.argv[1])
except SOVLError as error:
    print(type(error).__name__, error, flush=True)
    sys.exit(error.exit_status)
print("open", flush=True)
sys.stdin.read()
life.close()
"""


@pytest.fixture
def path(tmp_path):
    return tmp_path / "my life"


@pytest.fixture
def other(path):
    started = []

    def start():
        process = subprocess.Popen(
            [sys.executable, "-c", OTHER, str(path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path])},
        )
        started.append(process)
        return process, process.stdout.readline().strip()

    yield start
    for process in started:
        process.kill()
        process.communicate()


def test_a_life_is_begun_where_there_is_none(path):
    with Life.open(path / "nested") as life:
        assert life.path == path / "nested"
        assert "sovl config describe" in life.config_path.read_text(encoding="utf-8")
        assert life.interrupted is None
        names = {life.config_path.name, life.lock_path.name, life.holder_path.name}
        assert set(os.listdir(life.path)) == names


def test_everything_stands_in_the_folder(path):
    life = Life(path)

    assert {
        "config": life.config_path.name,
        "journal": life.journal_path.name,
        "nights": life.nights_path.name,
        "log": life.log_path.name,
    } == {"config": "life.toml", "journal": "journal.db", "nights": "nights", "log": "sovl.log.jsonl"}
    paths = [value for name, value in vars(life).items() if name.endswith("_path")]
    assert all(value.parent == path for value in paths)
    assert len(set(paths)) == len(paths) == 9


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such rights")
def test_what_others_could_read_is_closed_to_them(tmp_path):
    path = tmp_path / "copied"
    (path / "nights").mkdir(parents=True)
    kept = ["journal.db", "journal.db-wal", "sovl.log.jsonl", "sovl.log.jsonl.2", "history"]
    for name in (*kept, "mine.txt"):
        (path / name).write_text("", encoding="utf-8")
        (path / name).chmod(0o644)
    (path / "nights").chmod(0o755)
    with Life.open(path):
        modes = {name: (path / name).stat().st_mode & 0o777 for name in (*kept, "nights", "mine.txt")}
    assert modes == {**dict.fromkeys(kept, 0o600), "nights": 0o700, "mine.txt": 0o644}


@POSIX
def test_only_the_owner_may_enter_and_read(path):
    path = path / "made" / "too"
    before = os.umask(0)
    try:
        with Life.open(path) as life:
            for folder in (path, path.parent, path.parent.parent):
                assert folder.stat().st_mode & 0o777 == 0o700
            for file in (life.config_path, life.lock_path, life.holder_path):
                assert file.stat().st_mode & 0o777 == 0o600
    finally:
        os.umask(before)


@POSIX
def test_empty_folder_becomes_private_and_one_in_use_keeps_its_rights(path):
    path.mkdir(mode=0o755)
    Life.open(path).close()
    assert path.stat().st_mode & 0o777 == 0o700
    path.chmod(0o750)
    Life.open(path).close()
    assert path.stat().st_mode & 0o777 == 0o750


def test_existing_config_is_kept(path):
    path.mkdir()
    (path / "life.toml").write_text("[core]\nseed = 7\n", encoding="utf-8")
    with Life.open(path) as life:
        assert life.config_path.read_text(encoding="utf-8") == "[core]\nseed = 7\n"


def test_default_life_is_in_the_users_data_folder(mocker, tmp_path):
    mocker.patch("platformdirs.user_data_dir", return_value=str(tmp_path / "sovl"))

    assert Life.default_path() == tmp_path / "sovl" / "life"
    with Life.open() as life:
        assert life.path == tmp_path / "sovl" / "life"


@POSIX
def test_home_folder_and_relative_paths_are_made_absolute(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)

    with Life.open("~/one") as one, Life.open("two") as two:
        assert (one.path, two.path) == (tmp_path / "one", tmp_path / "two")


def test_second_writer_is_told_who_the_first_is(path):
    with Life.open(path, clock=lambda: 0.0) as life:
        assert life.holder() == Holder(os.getpid(), socket.gethostname(), 0.0)
        for _ in range(2):  # the first attempt must not wipe out what the second one reports
            with pytest.raises(LifeLocked) as caught:
                Life.open(path)
            assert f"process {os.getpid()} on {socket.gethostname()}, since 19" in str(caught.value)
            assert str(path) in str(caught.value)


def test_closing_frees_the_life_and_twice_does_no_harm(path):
    life = Life.open(path)
    life.close()
    assert life.holder() is None
    life.close()
    with Life.open(path) as again:
        life.close()
        assert again.interrupted is None
        assert again.holder() is not None


def test_a_life_may_be_closed_by_another_thread(path):
    life = Life.open(path)
    thread = threading.Thread(target=life.close)
    thread.start()
    thread.join()

    Life.open(path).close()


def test_readers_are_free_and_leave_no_trace(path):
    with pytest.raises(BadInput, match=r"There is no life at .*Begin one there: sovl chat --life .*life"):
        Life.open(path, read_only=True)
    assert not path.exists()
    with Life.open(path) as writer:
        before = sorted(os.listdir(path))
        with Life.open(path, read_only=True) as reader:
            assert reader.read_only
            assert reader.holder() == writer.holder()
        assert sorted(os.listdir(path)) == before
        assert writer.holder() is not None


def test_two_processes_exclude_each_other(path, other):
    first, answer = other()
    assert answer == "open"

    with pytest.raises(LifeLocked, match=f"process {first.pid} on "):
        Life.open(path)
    second, answer = other()
    assert answer.startswith("LifeLocked")
    assert f"process {first.pid} on " in answer
    assert second.wait() == 1

    first.communicate("")
    assert first.returncode == 0
    Life.open(path).close()


@POSIX
def test_killed_writer_is_recognised(path, other):
    process, answer = other()
    assert answer == "open"
    process.send_signal(signal.SIGKILL)
    process.wait()

    with Life.open(path) as life:
        assert life.interrupted is not None
        assert (life.interrupted.pid, life.interrupted.alive) == (process.pid, False)
        assert life.holder() == Holder(os.getpid(), socket.gethostname(), life.holder().since)
    with Life.open(path) as life:
        assert life.interrupted is None


def test_waiting_for_a_life_that_is_being_closed(path):
    life = Life.open(path)
    timer = threading.Timer(0.1, life.close)
    timer.start()
    try:
        with Life.open(path, timeout=30) as next_life:
            assert next_life.interrupted is None
    finally:
        timer.join()


@POSIX
def test_lock_inherited_from_a_dead_process_is_explained(path):
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    with Life.open(path) as life:
        note = {"pid": ended.pid, "host": socket.gethostname(), "since": 0}
        life.holder_path.write_text(json.dumps(note), encoding="utf-8")
        with pytest.raises(LifeLocked, match="that process itself has ended"):
            Life.open(path)


@pytest.mark.parametrize(
    "note",
    [
        "",
        "{",
        "[]",
        "{}",
        '{"pid": "x", "host": 1, "since": null}',
        '{"pid": 1e999}',
        '{"pid": 1, "host": "h", "since": 1e300}',
        '{"pid": 1, "host": "h", "since": NaN}',
    ],
)
def test_unreadable_note_of_the_holder_does_no_harm(path, note):
    with Life.open(path) as life:
        life.holder_path.write_text(note, encoding="utf-8")
        assert life.holder() is None
        with pytest.raises(LifeLocked, match="another process"):
            Life.open(path)


@pytest.mark.parametrize(("alive", "writes"), [(True, True), (None, True), (False, False)])
def test_a_holder_that_was_killed_writes_no_more(path, mocker, alive, writes):
    with Life.open(path) as life:
        mocker.patch.object(Holder, "alive", mocker.PropertyMock(return_value=alive))
        assert (life.writer() is not None) is writes
        assert life.holder() is not None


@pytest.mark.parametrize(
    ("holder", "alive"),
    [
        (Holder(os.getpid(), socket.gethostname(), 0), True if os.name != "nt" else None),
        (Holder(os.getpid(), "another-machine.example", 0), None),
    ],
)
def test_whether_a_holder_lives(holder, alive):
    assert holder.alive is alive


@POSIX
@pytest.mark.parametrize(
    ("error", "alive"), [(PermissionError, True), (ProcessLookupError, False), (OverflowError, False)]
)
def test_what_the_system_says_of_a_holder(mocker, error, alive):
    mocker.patch("os.kill", side_effect=error)

    assert Holder(1, socket.gethostname(), 0).alive is alive


@pytest.mark.parametrize("left", ["nights/0001", "journal.salvaged.db"])
def test_a_life_whose_journal_is_gone_says_so(path, left):
    with Life.open(path) as life:
        life.require_journal()
        (path / "nights" / "0001.work").mkdir(parents=True)
        life.require_journal()
        (path / left).mkdir()
        with pytest.raises(LifeDamaged, match=r"journal.db is missing.*sovl doctor --repair"):
            life.require_journal()
        life.journal_path.touch()
        with pytest.raises(LifeDamaged, match=r"journal.db is empty.*sovl doctor --repair"):
            life.require_journal()
        life.journal_path.write_bytes(b"SQLite")
        life.require_journal()


@pytest.mark.parametrize("read_only", [True, False])
@pytest.mark.parametrize("below", [".", "below", "far/below"])
def test_file_in_place_of_the_folder_or_one_above_it_is_refused(path, below, read_only):
    path.write_text("mine", encoding="utf-8")
    with pytest.raises(BadInput, match="my life is a file, a life is a folder"):
        Life.open(path / below, read_only=read_only)


def test_path_with_nul_is_refused():
    with pytest.raises(SOVLError, match="--life PATH"):
        Life.open("a\x00b")


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may write anywhere")
def test_folder_without_write_permission(path):
    path.mkdir(mode=0o500)
    with pytest.raises(SOVLError, match=r"cannot be locked: Permission denied.*--life PATH"):
        Life.open(path)


@pytest.mark.parametrize(
    ("target", "text"),
    [
        ("pathlib.Path.mkdir", "No life can be begun at"),
        ("filelock.FileLock.acquire", "cannot be locked"),
        ("sovl_core.life.json.dump", "cannot be written"),
        ("sovl_core.config_file.replace_file", "cannot be written"),
    ],
)
def test_full_disk_is_said_at_each_step_and_leaves_no_lock(path, mocker, target, text):
    mocker.patch(target, side_effect=OSError(errno.ENOSPC, "No space left on device"))

    with pytest.raises(SOVLError, match=f"{text}.*No space left on device.*--life PATH"):
        Life.open(path)
    mocker.stopall()
    Life.open(path).close()


def test_file_system_without_locks_is_said(path, mocker):
    mocker.patch("filelock.FileLock.acquire", side_effect=NotImplementedError("no flock here"))

    with pytest.raises(SOVLError, match="cannot be locked: no flock here"):
        Life.open(path)
