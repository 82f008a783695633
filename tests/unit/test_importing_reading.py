from __future__ import annotations

import json
import os
import sqlite3
import zipfile
from pathlib import Path

import pytest

from sovl_core.error_handling import BadInput, DataError
from sovl_core.importing.reading import opened_file, read_bytes

pytestmark = pytest.mark.no_torch

EXPORT = [
    {
        "id": "c",
        "mapping": {"a": {"message": {"id": "m", "author": {"role": "user"}, "content": {"parts": ["Hi"]}}}},
        "current_node": "a",
    }
]


@pytest.fixture
def log(tmp_path: Path) -> Path:
    connection = sqlite3.connect(str(tmp_path / "logs.db"))
    connection.execute("CREATE TABLE responses (id TEXT, prompt TEXT, response TEXT)")
    connection.execute("INSERT INTO responses VALUES ('r', 'Hi', 'Yo')")
    connection.commit()
    connection.close()
    return tmp_path / "logs.db"


@pytest.mark.parametrize(
    ("text", "form"),
    [("Hi\n", "lines"), ('{"prompt": "Hi", "response": "Yo"}\n', "pairs"), (json.dumps(EXPORT), "chatgpt")],
)
def test_a_file_is_opened_in_its_form_and_read_to_its_end(tmp_path: Path, text: str, form: str) -> None:
    path = tmp_path / "file"
    path.write_text(text)
    with opened_file(path) as reading:
        assert (reading.form, reading.name) == (form, str(path))
        (found,) = reading.found
        assert found.prompt == "Hi"
        assert found.key
        assert reading.share() == 1
    in_memory = read_bytes(text.encode(), "standard input")
    (found,) = in_memory.found
    assert (in_memory.form, found.prompt) == (form, "Hi")
    assert bool(found.key) == (form == "chatgpt")  # a message has a name of its own


def test_a_database_is_read_where_it_is(log: Path) -> None:
    with opened_file(log) as reading:
        assert reading.form == "llm"
        assert [found.prompt for found in reading.found] == ["Hi"]
        assert reading.share() == 1
    with pytest.raises(DataError, match=r"standard input holds an SQLite database.*Give its path"):
        read_bytes(log.read_bytes(), "standard input")


def test_an_archive_is_read_where_it_is(tmp_path: Path) -> None:
    path = tmp_path / "export.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("conversations.json", json.dumps(EXPORT))
    for form in ("", "chatgpt"):
        with opened_file(path, form) as reading:
            assert (reading.form, reading.name) == ("chatgpt", str(path))
            assert [found.prompt for found in reading.found] == ["Hi"]
            assert reading.share() == 1
        with pytest.raises(DataError, match=r"standard input holds a zip archive.*Give its path"):
            read_bytes(path.read_bytes(), "standard input", form)


def test_the_home_folder_may_be_written_short(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    (tmp_path / "notes.txt").write_text("Hi\n")
    with opened_file(Path("~/notes.txt")) as reading:
        assert len(list(reading.found)) == 1


def test_the_form_that_is_said_is_taken(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text('{"prompt": "Hi"}\n')
    with opened_file(path, "lines") as reading:
        assert [found.prompt for found in reading.found] == ['{"prompt": "Hi"}']
    with pytest.raises(BadInput, match=r"no format 'chatgbt'.*Did you mean chatgpt"), opened_file(path, "chatgbt"):
        pass
    with pytest.raises(DataError, match="cannot be read: file is not a database"), opened_file(path, "llm"):
        pass


@pytest.mark.parametrize("name", ["none", "a\x00b", "."])
def test_what_cannot_be_opened_is_named(tmp_path: Path, name: str) -> None:
    with pytest.raises(DataError, match="cannot be read"), opened_file(tmp_path / name):
        pass


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_a_pipe_is_refused_rather_than_read_in_part(tmp_path: Path) -> None:
    import threading

    path = tmp_path / "pipe"
    os.mkfifo(str(path))
    writer = threading.Thread(target=path.write_bytes, args=(b"Hi\n",))
    writer.start()
    with pytest.raises(DataError, match="cannot be read"), opened_file(path):
        pass
    writer.join()


def test_what_goes_wrong_while_it_is_open_is_not_the_files_fault(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("Hi\n")
    with pytest.raises(OSError, match="elsewhere"), opened_file(path):
        raise OSError("elsewhere")


def test_a_sentence_in_a_files_place_is_told_how_to_be_told(tmp_path: Path) -> None:
    with pytest.raises(DataError) as told, opened_file(tmp_path / "I live in Oslo."):
        pass
    assert told.value.hint.endswith("echo 'I live in Oslo.' | sovl tell -")
    with pytest.raises(DataError) as told, opened_file(tmp_path / "facts.txt"):
        pass
    assert told.value.hint == "Check the path and its rights"
