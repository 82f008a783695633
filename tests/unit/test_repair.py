from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path

import pytest

from sovl_core import journal_salvage, quarantine, repair
from sovl_core.error_handling import LifeDamaged, SOVLError
from sovl_core.journal import Journal
from sovl_core.journal_schema import MIGRATIONS
from sovl_core.life import Life
from sovl_core.night_store import NightStore
from sovl_core.quarantine import QUARANTINE, Quarantine
from sovl_core.repair import find_damage, known_damaged, mend_damage

pytestmark = pytest.mark.no_torch


@pytest.fixture
def life(tmp_path):
    """A life of six turns and two nights, with the state of one plugin."""
    with Life.open(tmp_path / "life") as life:
        journal, store = Journal(life.journal_path), NightStore(life.nights_path)
        for night in (1, 2):
            for turn in range(3):
                journal.begin_episode(f"Turn {night}-{turn}.", "c")
            learned = [episode.id for episode in journal.unconsolidated()]
            number = journal.open_night(journal.current_night(), "command", {})
            store.save(number, {}, {}, {"status": "accepted", "learned": learned})
            journal.accept_night(number, "accepted", learned, {})
        journal.close()
        life.state_path.mkdir()
        (life.state_path / "mood.json").write_text('{"values": {}}')
        yield life


def mend(life):
    told = []
    left = mend_damage(life, told.append, Quarantine(life.path))
    return left, told


def opened(life):
    return Journal(life.journal_path)


def turns(life):
    journal = opened(life)
    try:
        return [episode.prompt for episode in reversed(journal.episodes())]
    finally:
        journal.close()


ALL = [f"Turn {night}-{turn}." for night in (1, 2) for turn in range(3)]


def test_nothing_is_found_where_nothing_is_wrong(life, tmp_path):
    assert find_damage(life) == []
    assert find_damage(Life(tmp_path / "nowhere")) == []
    with Life.open(tmp_path / "young") as young:
        assert find_damage(young) == []
        assert mend(young) == ([], [])
    assert not (life.path / QUARANTINE).exists()


@pytest.mark.parametrize("how", ["cut", "flipped", "gone"])
def test_a_damaged_night_is_set_aside_and_the_one_before_it_is_woken_up_with(life, how):
    folder = life.nights_path / "0002"
    content = (folder / "report.json").read_bytes()
    if how == "gone":
        folder.rename(life.path / "elsewhere")
    else:
        (folder / "report.json").write_bytes(content[:5] if how == "cut" else b"[" + content[1:])
    (damage,) = find_damage(life)
    assert damage.said.startswith("night 2: ")
    assert "set it aside" in damage.remedy
    assert folder.exists() == (how != "gone")

    left, told = mend(life)
    assert left == []
    assert told[0] == damage.said
    assert told[1].endswith("the life is awake with night 1")
    journal = opened(life)
    assert journal.current_night() == 1
    assert [episode.prompt for episode in journal.unconsolidated()] == ALL[3:]
    assert list(known_damaged(journal)) == ["2"]
    journal.close()
    assert not folder.exists()
    assert len(list((life.path / QUARANTINE).rglob("manifest.json"))) == (how != "gone")
    assert find_damage(life) == []


def test_a_purged_night_is_not_woken_up_with_although_its_files_lie_there_still(life):
    journal = opened(life)
    journal.mark_purged(1)
    journal.close()
    (life.nights_path / "0002" / "report.json").write_text("")
    left, told = mend(life)
    assert left == []
    assert told[1].endswith("as before its first night")


def test_with_every_night_damaged_the_life_is_awake_as_before_its_first(life):
    for number in ("0001", "0002"):
        (life.nights_path / number / "manifest.json").write_text("{}")
    left, told = mend(life)
    assert left == []
    assert told[-1].endswith("as before its first night")
    journal = opened(life)
    assert journal.count_unconsolidated() == 6
    journal.close()


def test_an_earlier_night_that_is_damaged_leaves_the_one_in_use(life):
    (life.nights_path / "0001" / "report.json").write_text("")
    assert mend(life)[0] == []
    journal = opened(life)
    assert journal.current_night() == 2
    journal.close()


def break_journal(life):
    journal = opened(life)
    journal.close()
    content = life.journal_path.read_bytes()
    life.journal_path.write_bytes(b"\xa5" * 4096 + content[4096:])


def test_a_damaged_journal_is_read_into_a_new_one_and_kept(life):
    break_journal(life)
    damaged = life.journal_path.read_bytes()
    (damage,) = find_damage(life)
    assert damage.what == "journal"
    assert life.journal_path.read_bytes() == damaged

    assert mend(life)[0] == []
    assert turns(life) == ALL
    (kept,) = (life.path / QUARANTINE).rglob("journal.db")
    assert kept.read_bytes() == damaged
    journal = opened(life)
    assert journal.current_night() == 2
    assert journal.check() == []
    journal.close()


def break_log(life):
    """Leave the life as a killed session does, of whose words the disk then changed a byte."""
    journal, log = opened(life), life.path / "journal.db-wal"
    for turn in ("Turn 3-0.", "Turn 3-1.", "Turn 3-2."):
        journal.begin_episode(turn, "c")
    files = {path: path.read_bytes() for path in (life.journal_path, log)}
    journal.close()
    for path, content in files.items():
        path.write_bytes(content)
    log.write_bytes(content[:100] + bytes([content[100] ^ 1]) + content[101:])


MORE = [*ALL, "Turn 3-0.", "Turn 3-1.", "Turn 3-2."]


def test_damage_in_the_log_beside_the_journal_is_named_and_costs_no_turn(life):
    break_log(life)
    damaged = {name: (life.path / name).read_bytes() for name in ("journal.db", "journal.db-wal")}
    (damage,) = find_damage(life)
    assert damage.what == "journal"
    assert "the log beside it" in damage.said
    with pytest.raises(LifeDamaged, match="sovl doctor --repair"):
        opened(life)

    assert mend(life)[0] == []
    assert turns(life) == MORE
    for name, content in damaged.items():
        (kept,) = (life.path / QUARANTINE).rglob(name)
        assert kept.read_bytes() == content
    assert list(life.path.glob("*salvaged*")) == []


@pytest.mark.parametrize("named", ["gone", "empty"])
def test_words_that_stand_in_the_log_alone_are_not_given_up_for_a_new_journal(tmp_path, named):
    with Life.open(tmp_path / "young") as young:
        journal, log = opened(young), young.path / "journal.db-wal"
        journal.begin_episode("My heron is called Ulf.", "c")
        kept = log.read_bytes()
        journal.close()
        log.write_bytes(kept)
        young.journal_path.unlink() if named == "gone" else young.journal_path.write_bytes(b"")
        with pytest.raises(LifeDamaged, match="sovl doctor --repair"):
            young.require_journal()
        assert mend(young)[0] == []
        assert turns(young) == ["My heron is called Ulf."]


@pytest.mark.parametrize("step", range(12))
@pytest.mark.parametrize("broken", ["journal", "log"])
def test_mending_that_was_killed_anywhere_is_gone_on_with(life, mocker, step, broken):
    break_journal(life) if broken == "journal" else break_log(life)
    steps = {"taken": 0}

    def killed_at(real):
        def call(*arguments):
            steps["taken"] += 1
            if steps["taken"] == step + 1:
                raise KeyboardInterrupt
            return real(*arguments)

        return call

    for module, name in ((repair.os, "replace"), (repair, "sync_folder"), (quarantine.os, "rename")):
        mocker.patch.object(module, name, killed_at(getattr(module, name)))
    mocker.patch.object(quarantine, "sync_folder", killed_at(quarantine.sync_folder))
    with contextlib.suppress(KeyboardInterrupt):
        mend(life)
    mocker.stopall()

    if not life.journal_path.exists():
        with pytest.raises(LifeDamaged, match="sovl doctor --repair"):
            life.require_journal()
    assert mend(life)[0] == []
    assert turns(life) == (ALL if broken == "journal" else MORE)
    assert list(life.path.glob("*salvaged*")) == []


@pytest.mark.parametrize(
    ("happens", "said"), [(Path.unlink, "missing"), (lambda path: path.write_bytes(b""), "empty")], ids=["gone", "cut"]
)
def test_a_journal_that_is_gone_is_begun_anew_and_knows_the_nights(life, happens, said):
    happens(life.journal_path)
    (damage,) = find_damage(life)
    assert said in damage.said
    assert mend(life)[0] == []
    journal = opened(life)
    assert [night.number for night in journal.nights()] == [1, 2]
    assert journal.current_night() == 2
    journal.close()


def test_of_an_emptied_journal_the_log_beside_it_is_read(life):
    log = life.path / "journal.db-wal"
    journal = opened(life)
    journal.begin_episode("My heron is called Ulf.", "c")
    kept = log.read_bytes()
    journal.close()
    life.journal_path.write_bytes(b"")
    log.write_bytes(kept)
    assert mend(life)[0] == []
    journal = opened(life)
    assert "My heron is called Ulf." in [episode.prompt for episode in journal.episodes()]
    journal.close()


@pytest.mark.parametrize("lost", [True, False])
def test_checkpoints_of_a_night_that_nobody_knows_are_not_those_of_the_next_of_its_number(life, lost):
    journal = opened(life)
    number = journal.open_night(2, "command", {})
    journal.close()
    work = NightStore(life.nights_path).working_folder(number)
    (work / "checkpoint.json").write_text("{}")
    if lost:
        life.journal_path.write_bytes(b"\xa5" * 100 + life.journal_path.read_bytes()[100:])
    else:
        life.journal_path.unlink()
        life.salvaged_path.write_bytes(b"")
        journal = Journal(life.salvaged_path)
        journal.open_night(None, "command", {})
        journal.close()
        (life.nights_path / "0001.work").mkdir()
    left, _ = mend(life)
    assert left == []
    (folder,) = (life.path / QUARANTINE).iterdir()
    assert (folder / "nights" / f"{number:04d}.work" / "checkpoint.json").exists()
    assert f"it belongs to night {number}" in (folder / "why.txt").read_text()
    assert sorted(NightStore(life.nights_path).unfinished()) == ([] if lost else [1])


def test_a_journal_from_a_newer_version_is_left_alone(life):
    connection = sqlite3.connect(str(life.journal_path))
    connection.execute(f"PRAGMA user_version = {len(MIGRATIONS) + 1}")
    connection.close()
    before = life.journal_path.read_bytes()
    left, told = mend(life)
    assert [damage.mend for damage in left] == [None]
    assert "newer SOVL" in left[0].said
    assert told == []
    assert life.journal_path.read_bytes() == before


def test_a_journal_whose_version_makes_no_sense_is_damaged(life):
    connection = sqlite3.connect(str(life.journal_path))
    connection.execute(f"PRAGMA user_version = {67108868}")
    connection.close()
    assert mend(life)[0] == []
    assert turns(life) == ALL


def test_settings_that_are_no_toml_are_moved_aside(life):
    life.config_path.write_bytes(b"\xff[")
    (damage,) = find_damage(life)
    assert damage.what == "settings"
    assert mend(life)[0] == []
    assert not life.config_path.exists()
    assert [path.read_bytes() for path in (life.path / QUARANTINE).rglob("life.toml")] == [b"\xff["]


def test_damaged_state_of_a_plugin_is_moved_aside(life):
    (life.state_path / "mood.json").write_text("{half")
    left, told = mend(life)
    assert left == []
    assert "plugin 'mood'" in told[1]
    assert (life.state_path / "damaged" / "mood.json").read_text() == "{half"


def test_a_full_disk_is_said_and_can_be_tried_again(life, mocker):
    life.config_path.write_bytes(b"\xff[")
    mocker.patch.object(quarantine, "write_file", side_effect=OSError(28, "No space left on device"))
    with pytest.raises(SOVLError, match=r"No space left.*sovl doctor --repair"):
        mend(life)
    mocker.stopall()
    assert mend(life)[0] == []


def test_a_disk_that_is_full_while_journal_and_log_are_read_leaves_no_copy_of_them(life, mocker):
    break_log(life)

    def half(path, data):
        path.write_bytes(data[: len(data) // 2])
        raise OSError(28, "No space left on device")

    mocker.patch.object(journal_salvage, "write_file", half)
    with pytest.raises(SOVLError, match=r"No space left.*sovl doctor --repair"):
        mend(life)
    mocker.stopall()
    assert list(life.path.glob("*salvaged*")) == []
    assert mend(life)[0] == []
    assert turns(life) == MORE
