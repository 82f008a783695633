from __future__ import annotations

from pathlib import Path

import pytest

from sovl_core.error_handling import BadInput, SOVLError
from sovl_core.system import SOVLSystem


def test_a_file_is_told_into_the_conversation_that_goes_on(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("My dog is called Rex.\n")
    (tmp_path / "log.jsonl").write_text('{"prompt": "I live in Riga.", "response": "Nice."}\n')

    with SOVLSystem.open(tmp_path / "life", plugins=()) as life:
        assert life.tell_file(tmp_path / "notes.txt").new == 1
        assert life.tell_file(str(tmp_path / "log.jsonl"), "pairs").new == 1
        told, line = life.journal.episodes()
        assert (line.source, told.source, told.reply) == ("tell", "import", "Nice.")
        assert {line.conversation, told.conversation} == {life.conversation}
        assert life.journal.count_unconsolidated() == 2
        with pytest.raises(BadInput, match="no format"):
            life.tell_file(tmp_path / "notes.txt", "poem")

    with SOVLSystem.open(tmp_path / "life", plugins=()) as life:
        (tmp_path / "more.txt").write_text("I drink tea.\n")
        taken = life.tell_files([tmp_path / "notes.txt", str(tmp_path / "more.txt")])
        assert [(Path(one.name).name, one.new, one.known) for one in taken] == [("notes.txt", 0, 1), ("more.txt", 1, 0)]
        (tmp_path / "other.txt").write_text("I like plums.\n")
        with pytest.raises(BadInput, match=r"gone\.txt cannot be read"):
            life.tell_files([tmp_path / "other.txt", tmp_path / "gone.txt"])
        with pytest.raises(BadInput, match="nothing in it to remember"):
            life.tell_files([tmp_path / "other.txt", tmp_path / "log.jsonl"], "chatgpt")
        assert life.journal.count_episodes() == 3

    reading = SOVLSystem.open(tmp_path / "life", plugins=(), read_only=True)
    with reading as reader, pytest.raises(SOVLError, match="reading"):
        reader.tell_file(tmp_path / "notes.txt")
    reading = SOVLSystem.open(tmp_path / "life", plugins=(), read_only=True)
    with reading as reader, pytest.raises(SOVLError, match="reading"):
        reader.tell_files([tmp_path / "notes.txt"])
