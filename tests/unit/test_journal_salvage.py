from __future__ import annotations

import random
import sqlite3
from contextlib import closing

import pytest

from sovl_core.events import Dream, Feedback
from sovl_core.journal import Journal
from sovl_core.journal_nights import SALVAGED
from sovl_core.journal_salvage import salvage_journal
from sovl_core.night_store import NightStore

pytestmark = pytest.mark.no_torch

COUNT = 240


@pytest.fixture
def store(tmp_path):
    return NightStore(tmp_path / "nights")


@pytest.fixture
def path(tmp_path, store):
    """A journal with episodes, an accepted night, a dream, feedback, a question and a value."""
    journal = Journal(tmp_path / "journal.db")
    for number in range(COUNT):
        journal.finish_episode(journal.begin_episode(f"Fact {number} is so.", "c").id, f"I see {number}.")
    night = journal.open_night(None, "command", {"p": "p 1"})
    journal.add_dreams(night, [Dream("question", "What is 1?", "So.", [1, 2], "w")])
    store.save(night, {}, {}, {"status": "accepted", "learned": [1, 2]})
    journal.accept_night(night, "accepted", [1, 2], {"status": "accepted"})
    journal.add_feedback(Feedback("rating", value=1.0, episode=4))
    journal.add_question("Why?", "curiosity", status="asked", episode=5)
    journal.set_value("vitals", {"exposure": 3})
    journal.close()
    return tmp_path / "journal.db"


def salvaged(path, store):
    target = path.with_name("new.db")
    salvage_journal(path, target, store)
    return Journal(target)


def words(journal):
    return {episode.id: episode.prompt for episode in journal.episodes(limit=10**6)}


def damage_pages(path, choose):
    content = bytearray(path.read_bytes())
    for page in choose(len(content) // 4096):
        content[page * 4096 : (page + 1) * 4096] = b"\xa5" * 4096
    path.write_bytes(bytes(content))


def test_nothing_is_lost_of_a_journal_that_can_be_read(path, store):
    before = sqlite3.connect(str(path))
    journal = salvaged(path, store)
    tables = [row[0] for row in before.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    after = sqlite3.connect(str(path.with_name("new.db")))
    # A new file has transactions of its own.
    numbered = "SELECT value FROM counters WHERE name = 'transactions'"
    assert after.execute(numbered).fetchone() < before.execute(numbered).fetchone()
    for connection in (before, after):
        connection.execute("DELETE FROM counters WHERE name = 'transactions'")
    for table in tables:
        if not table.startswith("episodes_search"):
            query = f"SELECT * FROM {table} ORDER BY 1, 2" if table != "life" else "SELECT * FROM life"
            assert after.execute(query).fetchall() == before.execute(query).fetchall(), table
    assert journal.check() == []
    assert journal.search("Fact 217", 5)[0].prompt == "Fact 217 is so."
    journal.close()


@pytest.mark.parametrize("seed", range(6))
def test_whatever_pages_are_damaged_the_others_are_read(path, store, seed):
    damage_pages(path, lambda pages: random.Random(seed).sample(range(pages), 4))
    journal = salvaged(path, store)
    found = words(journal)
    # Four pages of rows hold this many at most.
    assert len(found) >= COUNT - 4 * 60
    assert all(prompt == f"Fact {number - 1} is so." for number, prompt in found.items())
    assert journal.check() == []
    assert journal.count_episodes() == len(found)
    journal.begin_episode("Life goes on.", "c")
    journal.close()


def test_without_its_first_page_what_was_said_and_the_nights_are_there(path, store):
    damage_pages(path, lambda pages: [0])
    journal = salvaged(path, store)
    assert words(journal) == {number + 1: f"Fact {number} is so." for number in range(COUNT)}
    assert journal.current_night() == 1
    assert journal.night(1).trigger == SALVAGED
    assert [episode.id for episode in journal.consolidated()] == [1, 2]
    assert journal.open_night(1, "command", {}) == 2
    journal.close()


def test_without_its_first_page_a_night_that_learned_what_is_gone_since_is_known(path, store):
    with closing(Journal(path)) as journal:
        later = journal.open_night(1, "command", {})
        store.save(later, {}, {}, {"status": "accepted", "learned": [3]})
        journal.accept_night(later, "accepted", [3], {})
        journal.forget_episodes([2])
        deep = journal.open_night(later, "command", {}, deep=True)
        journal.accept_night(deep, "accepted", [1, 3], {})
        journal.finish_forgetting()
        assert journal.nights_with_forgotten() == {1: [2], 2: [2]}
    damage_pages(path, lambda pages: [0])
    with closing(salvaged(path, store)) as journal:
        assert journal.nights_with_forgotten() == {1: [2], 2: [2]}
        # It may be lost as well, and what only the weights have kept is not to go with the next night.
        assert journal.still_learned() == []


def test_without_a_file_the_nights_are_known_and_their_numbers_not_given_again(path, store):
    path.unlink()
    store.save(2, {}, {}, {"status": "partial"})
    store.save(3, {}, {}, {"status": "accepted"})
    (store.path(3) / "report.json").write_text("{}")
    journal = salvaged(path, store)
    assert [(night.number, night.parent, night.status) for night in journal.nights()] == [
        (1, None, "accepted"),
        (2, 1, "partial"),
    ]
    assert journal.current_night() == 2
    assert journal.open_night(2, "command", {}) == 4
    journal.close()


def test_broken_values_cost_themselves_alone(path, store):
    connection = sqlite3.connect(str(path))
    connection.execute("UPDATE episodes SET details = '{half' WHERE id = 1")
    connection.execute("UPDATE episodes SET reply = CAST(x'ff41' AS TEXT) WHERE id = 2")
    connection.execute("UPDATE state SET value = '{' WHERE key = 'vitals'")
    connection.execute("DELETE FROM dreams")
    connection.commit()
    connection.close()
    journal = salvaged(path, store)
    assert journal.episode(1).details == {}
    assert journal.episode(2).reply == "\ufffdA"
    assert journal.get_value("vitals", "none") == "none"
    assert journal.check() == []
    journal.close()


def test_a_life_that_was_taken_back_stays_so(path, store):
    journal = Journal(path)
    journal.use_night(None)
    journal.close()
    journal = salvaged(path, store)
    assert journal.current_night() is None
    assert journal.night(1).status == "undone"
    journal.close()


def test_numbers_given_once_are_not_given_again(path, store):
    journal = Journal(path)
    journal.forget_episodes([COUNT])
    journal.close()
    journal = salvaged(path, store)
    assert journal.begin_episode("new", "c").id == COUNT + 1
    journal.close()


def test_what_an_earlier_attempt_left_is_written_over(path, store):
    path.with_name("new.db").write_bytes(b"half" * 5000)
    journal = salvaged(path, store)
    assert len(words(journal)) == COUNT
    journal.close()
