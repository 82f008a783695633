from __future__ import annotations

import pytest

from sovl_core.typed_history import forget_typed

pytestmark = pytest.mark.no_torch

SECRET = "My cat is called Zanzibar."


@pytest.fixture
def path(tmp_path):
    return tmp_path / "history"


def typed(path, *entries):
    """Write entries as prompt_toolkit does; its own class is used below to read them back."""
    from prompt_toolkit.history import FileHistory

    history = FileHistory(str(path))
    for entry in entries:
        history.store_string(entry)


def left(path):
    from prompt_toolkit.history import FileHistory

    return list(FileHistory(str(path)).load_history_strings())[::-1]


def test_what_was_forgotten_is_taken_out_and_nothing_else(path):
    typed(path, "hello", SECRET, f"/no {SECRET} Truly.", "two\nlines", f"first\n{SECRET}", "/forget Zanzibar", "/help")
    assert forget_typed(path, [f" {SECRET} "]) == 4
    assert left(path) == ["hello", "two\nlines", "/help"]
    assert "Zanzibar" not in path.read_text(encoding="utf-8")


def test_a_word_that_stands_in_everything_takes_only_itself_along(path):
    typed(path, "yes", "yes, I know", "/no yes")
    assert forget_typed(path, ["yes"]) == 1
    assert left(path) == ["yes, I know", "/no yes"]


def test_where_nothing_is_to_be_forgotten_the_file_is_left_alone(path):
    typed(path, "hello")
    before = path.stat().st_mtime_ns, path.stat().st_ino
    assert forget_typed(path, [SECRET, "  "]) == 0
    assert (path.stat().st_mtime_ns, path.stat().st_ino) == before


def test_a_life_without_sessions_has_typed_nothing(path):
    assert forget_typed(path, [SECRET]) == 0
    assert not path.exists()


def test_bytes_that_are_no_text_do_not_stand_in_the_way(path):
    path.write_bytes(b"\n# 2026\n+\xff\xfe\n\n# 2026\n+" + SECRET.encode() + b"\n")
    assert forget_typed(path, [SECRET]) == 1
    assert b"Zanzibar" not in path.read_bytes()
