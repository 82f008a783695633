from __future__ import annotations

import os

import pytest

from sovl_core import quarantine
from sovl_core.quarantine import QUARANTINE, Quarantine

pytestmark = pytest.mark.no_torch


@pytest.fixture
def life(tmp_path):
    (tmp_path / "nights" / "0002").mkdir(parents=True)
    (tmp_path / "nights" / "0002" / "weights").write_bytes(b"half")
    (tmp_path / "journal.db").write_bytes(b"words")
    return tmp_path


def test_what_is_moved_keeps_its_content_and_says_why(life):
    aside = Quarantine(life, clock=lambda: 0.0)
    night = aside.take(life / "nights" / "0002", "weights are cut")
    journal = aside.take(life / "journal.db", "no database")

    assert (night / "weights").read_bytes() == b"half"
    assert journal.read_bytes() == b"words"
    assert os.listdir(life / "nights") == []
    (folder,) = (life / QUARANTINE).iterdir()
    assert (folder / "why.txt").read_text() == "nights/0002: weights are cut\njournal.db: no database\n"
    for made in (life / QUARANTINE, folder, folder / "nights"):
        assert made.stat().st_mode & 0o077 == 0 or os.name == "nt"


def test_the_same_name_twice_writes_over_nothing(life):
    for when in (0.0, 0.0, 0.0):
        Quarantine(life, clock=lambda when=when: when).take(life / "journal.db", "damaged")
        (life / "journal.db").write_bytes(b"again")

    assert len(list((life / QUARANTINE).rglob("journal.db"))) == 3


def test_nothing_is_made_while_nothing_is_moved(life):
    Quarantine(life)
    assert not (life / QUARANTINE).exists()


def test_the_reason_is_on_the_disk_before_the_move(life, mocker):
    mocker.patch.object(quarantine.os, "rename", side_effect=OSError("killed here"))
    with pytest.raises(OSError, match="killed"):
        Quarantine(life).take(life / "journal.db", "no database")

    assert (life / "journal.db").exists()
    (note,) = (life / QUARANTINE).rglob("why.txt")
    assert "no database" in note.read_text()
