from __future__ import annotations

import json
import os
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sovl_core.system_logging import ThreadSafeLogger, log_error, log_info

pytestmark = pytest.mark.no_torch

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.text(), JSON))
def test_entry_comes_back_as_it_was_written(entry):
    logger = ThreadSafeLogger(clock=lambda: 5.0)
    logger.write(entry)

    assert logger.read() == [{"time": 5.0, **entry}]


@pytest.fixture
def path(tmp_path):
    return tmp_path / "sovl.log.jsonl"


def test_entries_are_lines_of_json_with_time_level_and_event(path):
    logger = ThreadSafeLogger(path, clock=lambda: 12.3456)
    log_info(logger, "started", plugins=3)
    log_error(logger, "failed", plugin="dream")

    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    assert lines == logger.read()
    assert lines == [
        {"time": 12.346, "level": "info", "event": "started", "plugins": 3},
        {"time": 12.346, "level": "error", "event": "failed", "plugin": "dream"},
    ]


def test_nothing_is_written_without_a_logger():
    log_info(None, "x")
    log_error(None, "x")


@pytest.mark.skipif(os.name == "nt", reason="permission bits of POSIX")
def test_only_the_owner_may_read_the_log(path):
    ThreadSafeLogger(path).write({})

    assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    "value",
    [float("nan"), float("inf"), {1, 2}, object(), {(1, 2): 3}, "\udc80", "\x00", b"raw"],
    ids=["nan", "inf", "set", "object", "tuple-key", "surrogate", "nul", "bytes"],
)
def test_any_value_can_be_logged(path, value):
    logger = ThreadSafeLogger(path)
    logger.write({"event": "odd", "value": value})

    (entry,) = logger.read()
    assert entry["event"] == "odd"
    assert "value" in entry


def test_value_that_contains_itself_can_be_logged(path):
    value = []
    value.append(value)
    logger = ThreadSafeLogger(path)
    logger.write({"event": "odd", "value": value})

    assert logger.read()[0]["event"] == "odd"


def test_line_separators_inside_text_end_no_line(path):
    logger = ThreadSafeLogger(path)
    logger.write({"text": "a\u2028b\nc\r\nd\x85e"})

    assert logger.read()[0]["text"] == "a\u2028b\nc\r\nd\x85e"


def test_limit_gives_the_newest_entries_in_order(path):
    logger = ThreadSafeLogger(path)
    for number in range(5):
        logger.write({"number": number})

    assert [entry["number"] for entry in logger.read(limit=2)] == [3, 4]
    assert logger.read(limit=0) == []


def test_full_file_is_rotated_and_reading_goes_across_files(path):
    logger = ThreadSafeLogger(path, max_bytes=200, backups=2, clock=lambda: 1.0)
    for number in range(40):
        logger.write({"number": number})

    names = sorted(os.listdir(path.parent))
    assert set(names) <= {"sovl.log.jsonl", "sovl.log.jsonl.1", "sovl.log.jsonl.2"}
    assert "sovl.log.jsonl.2" in names
    assert all((path.parent / name).stat().st_size <= 230 for name in names)
    numbers = [entry["number"] for entry in logger.read()]
    assert numbers == list(range(numbers[0], 40))
    assert len(numbers) > 12


def test_log_without_backups_starts_over_when_full(path):
    logger = ThreadSafeLogger(path, max_bytes=100, backups=0)
    for number in range(20):
        logger.write({"number": number})

    assert set(os.listdir(path.parent)) <= {"sovl.log.jsonl"}
    assert len(logger.read()) < 20


def test_clear_forgets_rotated_files_too(path):
    logger = ThreadSafeLogger(path, max_bytes=100, backups=2)
    for number in range(20):
        logger.write({"number": number})
    logger.clear()

    assert os.listdir(path.parent) == []
    assert logger.read() == []
    logger.write({"number": 1})
    assert [entry["number"] for entry in logger.read()] == [1]


def test_half_written_line_costs_itself_only(path):
    path.write_bytes(b'{"number": 1}\n{"numb')
    logger = ThreadSafeLogger(path)
    logger.write({"number": 2})
    logger.write({"number": 3})

    assert [entry["number"] for entry in logger.read()] == [1, 2, 3]


def test_foreign_lines_are_left_out(path):
    path.write_bytes(b'\xff\xfe\n[1]\n"text"\n\n{"number": 1}\n')

    assert ThreadSafeLogger(path).read() == [{"number": 1}]


@pytest.mark.parametrize("path_given", [True, False])
def test_threads_lose_and_mix_nothing(path, path_given):
    logger = ThreadSafeLogger(path if path_given else None, max_bytes=4000, backups=50)
    barrier = threading.Barrier(8)

    def work(thread):
        barrier.wait()
        for number in range(50):
            logger.write({"thread": thread, "number": number})

    threads = [threading.Thread(target=work, args=(thread,)) for thread in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    entries = logger.read()
    assert len(entries) == 400
    for thread in range(8):
        assert [entry["number"] for entry in entries if entry["thread"] == thread] == list(range(50))


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs the device that is always full")
def test_full_disk_costs_no_entry_and_raises_nothing(path):
    path.symlink_to("/dev/full")
    logger = ThreadSafeLogger(path)
    logger.write({"number": 1})
    assert logger.problem is not None
    assert "space" in logger.problem.lower()

    path.unlink()
    logger.write({"number": 2})

    assert logger.problem is None
    assert [entry["number"] for entry in ThreadSafeLogger(path).read()] == [1, 2]


def test_partly_written_entry_is_taken_back(path, mocker):
    logger = ThreadSafeLogger(path)
    logger.write({"number": 1})
    before = path.read_bytes()
    real_write = os.write
    mocker.patch("os.write", side_effect=lambda descriptor, data: real_write(descriptor, data[:5]))
    logger.write({"number": 2})
    assert path.read_bytes() == before

    mocker.stopall()
    logger.write({"number": 3})
    assert [entry["number"] for entry in logger.read()] == [1, 2, 3]


def test_missing_folder_raises_nothing(tmp_path):
    logger = ThreadSafeLogger(tmp_path / "nowhere" / "log")
    logger.write({"number": 1})

    assert logger.problem is not None
    assert [entry["number"] for entry in logger.read()] == [1]


def test_failed_rotation_writes_each_entry_once(path, mocker):
    logger = ThreadSafeLogger(path, max_bytes=10)
    mocker.patch("os.replace", side_effect=PermissionError(13, "Permission denied"))
    logger.write({"number": 1})
    logger.write({"number": 2})

    assert logger.problem is not None
    assert "rotated" in logger.problem
    assert [entry["number"] for entry in logger.read()] == [1, 2]


def test_secrets_are_not_written():
    class Request:
        def __str__(self):
            return "https://ann:pa55@example.com"

    logger = ThreadSafeLogger(clock=lambda: 5.0)
    log_error(logger, "refused", api_key="abc", where=Request(), tried=["token=abc", {"password": "p"}])
    log_info(logger, "odd", password=float("nan"), hf_token="abc", **{"set": {1, 2}})
    text = str(logger.read())
    assert not any(secret in text for secret in ("abc", "pa55", "'p'"))
    assert "refused" in text
