from __future__ import annotations

import errno
import hashlib
import os
import sqlite3
import sys

import pytest

from sovl_core import durable

pytestmark = pytest.mark.no_torch


def test_replaced_file_holds_the_new_content_and_leaves_nothing_beside_it(tmp_path):
    path = tmp_path / "value.json"
    durable.replace_file(path, b"old")
    durable.replace_file(path, b"new")

    assert path.read_bytes() == b"new"
    assert os.listdir(tmp_path) == ["value.json"]


@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_failure_keeps_the_old_content(tmp_path, mocker, step):
    path = tmp_path / "value.json"
    durable.replace_file(path, b"old")
    mocker.patch(f"os.{step}", side_effect=OSError("no space left on device"))

    with pytest.raises(OSError, match="no space"):
        durable.replace_file(path, b"new")

    assert path.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["value.json"]


def test_content_is_flushed_before_the_rename_and_the_folder_after_it(tmp_path, mocker):
    calls = []
    fsync, replace = os.fsync, os.replace
    mocker.patch("os.fsync", side_effect=lambda fd: (calls.append("fsync"), fsync(fd)))
    mocker.patch("os.replace", side_effect=lambda a, b: (calls.append("replace"), replace(a, b)))

    durable.replace_file(tmp_path / "value.json", b"content")

    after = [] if sys.platform == "win32" else ["fsync"]
    assert calls == ["fsync", "replace", *after]


@pytest.mark.parametrize("number", [errno.EINVAL, errno.EBADF, errno.ENOTSUP])
def test_a_file_system_that_flushes_no_folders_can_be_lived_on(tmp_path, mocker, number):
    mocker.patch("os.fsync", side_effect=OSError(number, os.strerror(number)))
    durable.sync_folder(tmp_path)


@pytest.mark.skipif(os.name == "nt", reason="Windows flushes no folders")
def test_a_folder_that_could_not_be_flushed_is_said(tmp_path, mocker):
    mocker.patch("os.fsync", side_effect=OSError(errno.EIO, "Input/output error"))
    with pytest.raises(OSError, match="Input/output"):
        durable.sync_folder(tmp_path)


def test_hash_of_a_file_is_that_of_its_content(tmp_path):
    content = os.urandom(3_000_001)
    path = tmp_path / "weights"
    durable.write_file(path, content)
    durable.sync_file(path)

    assert durable.file_sha256(path) == durable.sha256(content) == hashlib.sha256(content).hexdigest()


@pytest.mark.parametrize(
    ("error", "full"),
    [
        (OSError(errno.ENOSPC, "voll"), True),
        (OSError(errno.EDQUOT, "Disk quota exceeded"), True),
        (OSError(errno.EFBIG, "File too large"), True),
        (OSError(errno.EACCES, "Permission denied"), False),
        (RuntimeError("Error while serializing: I/O error: No space left on device (os error 28)"), True),
        (sqlite3.OperationalError("database or disk is full"), True),
        (ValueError("the glass is full"), False),
        (None, False),
    ],
)
def test_a_full_disk_is_known_whoever_says_so(error, full):
    assert durable.is_disk_full(error) is full
    outer = RuntimeError("the night failed")
    outer.__cause__ = error
    assert durable.is_disk_full(outer) is full


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such rights")
def test_whatever_the_umask_others_have_no_rights(tmp_path):
    before = os.umask(0)
    try:
        durable.private_folder(tmp_path / "a" / "b")
        durable.write_file(tmp_path / "a" / "b" / "new", b"")
        durable.replace_file(tmp_path / "a" / "replaced", b"")
        (tmp_path / "a" / "library").write_bytes(b"")
        durable.sync_file(tmp_path / "a" / "library")
    finally:
        os.umask(before)
    modes = {path.name: path.stat().st_mode & 0o777 for path in (tmp_path / "a").rglob("*")}
    assert modes == {"b": 0o700, "new": 0o600, "replaced": 0o600, "library": 0o600}
    assert (tmp_path / "a").stat().st_mode & 0o777 == 0o700


def test_what_is_there_keeps_its_rights_until_it_is_made_private(tmp_path):
    folder = tmp_path / "open"
    folder.mkdir()
    folder.chmod(0o755)
    durable.private_folder(folder)
    assert folder.stat().st_mode & 0o777 == 0o755 or os.name == "nt"
    durable.make_private(folder)
    assert folder.stat().st_mode & 0o777 == 0o700 or os.name == "nt"
    durable.make_private(tmp_path / "nothing")
