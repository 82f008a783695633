from __future__ import annotations

import hashlib
import json
import os

import pytest

from sovl_core import digest_memory
from sovl_core.digest_memory import DigestMemory


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "weights"
    path.write_bytes(b"one")
    return path


@pytest.fixture
def computed(mocker):
    return mocker.spy(digest_memory, "file_sha256")


def test_a_digest_is_computed_once(tmp_path, file, computed):
    expected = hashlib.sha256(b"one").hexdigest()
    assert DigestMemory(tmp_path / "digests.json").sha256(file) == expected
    assert DigestMemory(tmp_path / "digests.json").sha256(file) == expected
    assert computed.call_count == 1


def test_a_changed_file_is_read_again(tmp_path, file, computed):
    memory = DigestMemory(tmp_path / "digests.json")
    memory.sha256(file)
    file.write_bytes(b"two")
    os.utime(file, ns=(1, 1))
    assert memory.sha256(file) == hashlib.sha256(b"two").hexdigest()
    assert computed.call_count == 2


def test_files_are_kept_apart(tmp_path, file):
    other = tmp_path / "other"
    other.write_bytes(b"two")
    memory = DigestMemory(tmp_path / "digests.json")
    assert memory.sha256(file) != memory.sha256(other)
    assert memory.sha256(file) == hashlib.sha256(b"one").hexdigest()


@pytest.mark.parametrize("rubbish", [b"", b"{", b"[]", b"\xff", b'{"x": 1}', b"null"])
def test_a_broken_memory_is_forgotten(tmp_path, file, rubbish):
    (tmp_path / "digests.json").write_bytes(rubbish)
    assert DigestMemory(tmp_path / "digests.json").sha256(file) == hashlib.sha256(b"one").hexdigest()
    assert str(file.resolve()) in json.loads((tmp_path / "digests.json").read_text())


@pytest.mark.parametrize("entry", [None, 3, [], [3], [3, 4, 5], "text"])
def test_a_broken_entry_is_computed_again(tmp_path, file, entry):
    (tmp_path / "digests.json").write_text(json.dumps({str(file.resolve()): entry}))
    assert DigestMemory(tmp_path / "digests.json").sha256(file) == hashlib.sha256(b"one").hexdigest()


def test_a_memory_that_cannot_be_written_does_no_harm(tmp_path, file):
    assert DigestMemory(tmp_path / "absent" / "digests.json").sha256(file) == hashlib.sha256(b"one").hexdigest()


def test_an_absent_file_is_an_error(tmp_path):
    with pytest.raises(FileNotFoundError):
        DigestMemory(tmp_path / "digests.json").sha256(tmp_path / "absent")
