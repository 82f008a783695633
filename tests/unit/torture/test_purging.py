from __future__ import annotations

import random
from contextlib import closing

import pytest

from sovl_core.journal import Journal
from sovl_core.night_store import NightStore
from sovl_core.quarantine import Quarantine
from torture.ledger import Ledger
from torture.processes import Ended
from torture.purging import purge

pytestmark = pytest.mark.no_torch
DONE, KILLED = Ended(1, 0, None, "", "", 0.1), Ended(1, None, 9, "", "", 0.1)
WORD = "w00007"


@pytest.fixture
def life(tmp_path):
    """A life that has learned a word in its first night, forgotten it, and is awake with a deep one."""
    path = tmp_path / "life"
    path.mkdir()
    store = NightStore(path / "nights")
    with closing(Journal(path / "journal.db")) as journal:
        learned = journal.begin_episode(f"Friend 1 of walk {WORD} is called Ann.", "c").id
        for deep, words in ((False, WORD), (True, "")):
            number = journal.open_night(journal.current_night(), "command", {}, deep)
            store.save(number, {}, {}, {"prompts": words.upper()})
            journal.accept_night(number, "accepted", [] if deep else [learned], {})
        journal.forget_episodes([learned])
        journal.finish_forgetting()
    return path


def ledger():
    return Ledger(accepted={1, 2}, forgotten={WORD: True})


def attempt(life, tmp_path):
    return purge(1, random.Random(0), tmp_path, life)


def purged(life):
    with closing(Journal(life / "journal.db")) as journal:
        journal.mark_purged(1)
    NightStore(life / "nights").remove(1)


def test_what_was_killed_may_have_removed_a_night_or_not(life, tmp_path):
    kept, struck = ledger(), attempt(life, tmp_path)
    assert struck.promised(KILLED, kept) == []
    assert kept.purged == {1}
    purged(life)
    assert struck.promised(DONE, kept) == []
    assert struck.again.promised(DONE, kept) == []


def test_what_lies_there_although_it_was_said_to_be_removed_is_found(life, tmp_path):
    lies, holds = attempt(life, tmp_path).again.promised(DONE, ledger())
    assert lies == "night 1 was said to be removed, and lies there"
    assert holds == f"{WORD} is forgotten, and still in {life / 'nights' / '0001' / 'report.json'}"


def test_a_word_that_is_left_anywhere_but_in_quarantine_is_found(life, tmp_path):
    struck = attempt(life, tmp_path)
    Quarantine(life).take(life / "nights" / "0001", f"it says {WORD}")
    purged(life)
    assert struck.promised(DONE, ledger()) == []
    (life / "history").write_text(f"+what about {WORD}\n")
    assert struck.promised(DONE, ledger()) == [f"{WORD} is forgotten, and still in {life / 'history'}"]
    assert struck.promised(DONE, Ledger()) == []


def test_another_night_in_use_afterwards_is_found(life, tmp_path):
    struck = attempt(life, tmp_path)
    purged(life)
    with closing(Journal(life / "journal.db")) as journal:
        journal.use_night(None)
    assert struck.again.promised(DONE, ledger()) == ["it was awake with night 2, and is with None"]
