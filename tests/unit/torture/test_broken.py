from __future__ import annotations

import random
from contextlib import closing

import pytest

from sovl_core.journal import Journal
from sovl_core.life import Life
from sovl_core.night_store import NightStore
from sovl_core.plugin import PluginState
from sovl_core.quarantine import Quarantine
from sovl_core.repair import find_damage, mend_damage
from sovl_core.state_files import write_plugin_states
from torture.broken import PARTS, repair
from torture.ledger import Ledger
from torture.processes import Ended

pytestmark = pytest.mark.no_torch
DONE = Ended(1, 0, None, "", "", 0.1)


class Only(random.Random):
    """Chooses one part of a life, and else what is drawn."""

    def __init__(self, part):
        super().__init__(5)
        self.part = part

    def choice(self, found):
        return self.part if self.part in found else super().choice(found)


@pytest.fixture
def life(tmp_path):
    path = tmp_path / "life"
    path.mkdir()
    states = {"side": PluginState({"turns": 1})}
    with closing(Journal(path / "journal.db")) as journal:
        for number in range(50):
            journal.begin_episode(f"My dog number {number} is called Rex.", "c")
        NightStore(path / "nights").save(1, {}, states, {"status": "accepted"})
        journal.accept_night(journal.open_night(None, "command", {}), "accepted", [1], {})
    write_plugin_states(path / "state", states)
    return path


@pytest.mark.parametrize("part", list(PARTS))
def test_what_is_damaged_is_found_mended_and_lies_aside(life, tmp_path, part):
    attempt, ledger = repair(1, Only(part), tmp_path, life), Ledger(accepted={1})
    with Life.open(life) as opened:
        assert find_damage(opened) != []
        assert mend_damage(opened, lambda line: None, Quarantine(life)) == []
    assert attempt.promised(DONE, ledger) == []
    assert attempt.again.promised(DONE, ledger) == []
    assert (ledger.damaged, ledger.accepted) == (({1}, set()) if part == "a night" else (set(), {1}))
    with closing(Journal(life / "journal.db")) as journal:
        assert journal.count_episodes() == 50


def test_what_was_damaged_and_is_gone_is_found(life, tmp_path):
    attempt = repair(1, Only("state of a plugin"), tmp_path, life)
    for path in (life / "state").iterdir():
        path.unlink()
    (said,) = attempt.promised(DONE, Ledger())
    assert "side.json was damaged, and lies nowhere as it was" in said


def test_parts_that_are_not_there_are_not_damaged(tmp_path):
    path = tmp_path / "life"
    path.mkdir()
    with closing(Journal(path / "journal.db")) as journal:
        journal.begin_episode("My dog is called Rex.", "c")
    assert PARTS["a night"].files(path) == []
    assert repair(1, random.Random(0), tmp_path, path).arguments == ["doctor", "--repair"]
