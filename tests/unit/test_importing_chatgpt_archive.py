from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any, Callable, Dict, List, Union

import pytest

from sovl_core.error_handling import DataError
from sovl_core.importing.chatgpt_archive import opened_chatgpt_archive
from sovl_core.importing.chatgpt_export import read_chatgpt_export
from sovl_core.importing.found import Unusable
from sovl_core.importing.keys import Keys

pytestmark = pytest.mark.no_torch

Packed = Callable[[Dict[str, Union[str, bytes]]], Path]


@pytest.fixture
def packed(tmp_path: Path) -> Packed:
    """Return ``packed(files)``: an archive of these, by name."""

    def pack(files: Dict[str, Union[str, bytes]]) -> Path:
        path = tmp_path / "export.zip"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, text in files.items():
                archive.writestr(name, text)
        return path

    return pack


def said(*texts: str) -> str:
    """Return a file of conversations, in each of which one thing is said."""
    message = {"author": {"role": "user"}}
    return json.dumps(
        [
            {"mapping": {"a": {"message": {**message, "content": {"parts": [text]}}}}, "current_node": "a"}
            for text in texts
        ]
    )


def read(path: Path) -> List[Any]:
    with opened_chatgpt_archive(path) as archive:
        return list(archive.found())


def test_conversations_are_read_out_of_the_archive_in_the_order_of_their_files(packed: Packed) -> None:
    path = packed(
        {
            "chat.html": "<html>",
            "conversations-001.json": said("Three"),
            "conversations-000.json": said("One", "Two"),
            "shared_conversations.json": said("Shared"),
            "user.json": "{}",
            "__MACOSX/._conversations-000.json": b"\x00\x05\x16",
        }
    )
    with opened_chatgpt_archive(path) as archive:
        shares = [(found.prompt, round(archive.share(), 1)) for found in archive.found()]
        assert [prompt for prompt, _ in shares] == ["One", "Two", "Three"]
        assert shares[0][1] < shares[2][1] == archive.share() == 1


def test_what_was_unpacked_first_is_known_again(packed: Packed, tmp_path: Path) -> None:
    (found,) = read(packed({"export/conversations.json": said("One")}))
    (tmp_path / "conversations.json").write_text(said("One"))
    with (tmp_path / "conversations.json").open("rb") as stream:
        (unpacked,) = read_chatgpt_export(stream, Keys("conversations.json"))
    assert found == unpacked


def test_what_cannot_be_used_is_named_with_its_file(packed: Packed) -> None:
    path = packed({"conversations-000.json": "[5]", "conversations-001.json": said("One")})
    bad, found = read(path)
    assert str(bad) == "conversations-000.json, conversation 1: an object is needed, this is a number"
    assert found.prompt == "One"


def test_a_damaged_file_costs_no_other(packed: Packed) -> None:
    path = packed({"conversations-000.json": said("One"), "conversations-001.json": said("Two")})
    raw = bytearray(path.read_bytes())
    start = raw.index(b"conversations-000.json") + len(b"conversations-000.json")
    raw[start : start + 20] = bytes(20)
    path.write_bytes(bytes(raw))
    found = read(path)
    assert [each.prompt for each in found if not isinstance(each, Unusable)] == ["Two"]
    assert str(found[0]).startswith("conversations-000.json: it cannot be unpacked")


def test_an_archive_of_something_else_is_refused(packed: Packed) -> None:
    with pytest.raises(DataError, match=r"export\.zip is a zip archive without a conversations\.json"):
        read(packed({"word/document.xml": "<xml>"}))


def test_an_archive_that_was_cut_off_is_refused(packed: Packed) -> None:
    path = packed({"conversations.json": said("One")})
    path.write_bytes(path.read_bytes()[:-30])
    with pytest.raises(DataError, match=r"export\.zip is a zip archive that cannot be read"):
        read(path)
