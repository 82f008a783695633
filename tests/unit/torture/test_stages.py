from __future__ import annotations

import random
from contextlib import closing

import pytest

from sovl_core.journal import Journal
from sovl_core.journal_schema import MIGRATIONS, schema_version
from torture.journal_copies import journal_copy
from torture.ledger import Ledger
from torture.processes import Ended
from torture.stages import LINES, STAGES, TURNS

pytestmark = pytest.mark.no_torch


@pytest.fixture
def ledger():
    return Ledger()


def screen(out, status=None):
    return Ended(1, status, 9, out, "", 0.1)


def attempt(name, folder, number=3):
    return STAGES[name](number, random.Random(1), folder, folder / "life")


@pytest.mark.parametrize(
    ("out", "kept"), [("", 0), ("one\ntwo\n", 2), ("one\nhal", 2), ("half", 1), ("r\n" * TURNS, TURNS)]
)
def test_a_turn_is_acknowledged_once_anything_of_its_reply_is_on_the_screen(tmp_path, ledger, out, kept):
    chat = attempt("chat", tmp_path)
    assert chat.promised(screen(out), ledger) == []
    assert ledger.kept == chat.stdin.splitlines()[:kept]


def test_more_replies_than_turns_are_a_problem(tmp_path, ledger):
    assert attempt("chat", tmp_path).promised(screen("r\n" * (TURNS + 1)), ledger)


def test_lines_are_told_when_it_is_said(tmp_path, ledger):
    tell = attempt("tell", tmp_path)
    tell.promised(screen(""), ledger)
    assert ledger.kept == []
    tell.promised(screen(f"Told {LINES} lines; {LINES} turns not yet slept on.\n"), ledger)
    assert len(ledger.kept) == LINES
    assert ledger.once[0] == ledger.kept


@pytest.mark.parametrize(
    ("out", "accepted"),
    [("", set()), ("Night 12: accepted. It woke", {12}), ("Night 3: partial.", {3}), ("Night 3: set aside.", set())],
)
def test_a_night_is_accepted_when_it_is_said(tmp_path, ledger, out, accepted):
    attempt("sleep", tmp_path).promised(screen(out), ledger)
    assert ledger.accepted == accepted


@pytest.mark.parametrize("out", ["", "Forgot 2 turns."])
def test_what_is_to_be_forgotten_need_not_be_there_any_more(tmp_path, ledger, out):
    forget = attempt("forget", tmp_path)
    word = forget.arguments[-1]
    ledger.keep(f"Friend 1 of walk {word} is Ann.", "Another fact.")
    forget.promised(screen(out), ledger)
    assert ledger.kept == ["Another fact."]
    assert ledger.forgotten == {word: bool(out)}


@pytest.fixture
def slept(tmp_path):
    path = tmp_path / "life"
    path.mkdir()
    with closing(Journal(path / "journal.db")) as journal:
        for parent in (None, 1):
            journal.accept_night(journal.open_night(parent, "command", {}), "accepted", [], {})
    return path


@pytest.mark.parametrize(
    ("out", "now", "wrong"),
    [("", 2, False), ("", 1, False), ("", None, True), ("It is awake with night 1;", 2, True)],
)
def test_it_is_awake_with_the_night_before_or_the_one_that_was_chosen(slept, tmp_path, ledger, out, now, wrong):
    class First(random.Random):
        def choice(self, found):
            assert found == [None, 1, 2]
            return 1

    used = STAGES["use"](3, First(1), tmp_path, slept)
    assert used.arguments == ["nights", "use", "1"]
    with closing(Journal(slept / "journal.db")) as journal:
        journal.use_night(now)
    assert bool(used.promised(screen(out), ledger)) == wrong


def test_a_conversation_is_forgotten_that_was_held(slept, tmp_path):
    with closing(Journal(slept / "journal.db")) as journal:
        journal.begin_episode("Friend 1 of walk w00002 is called Ann.", "c")
    assert STAGES["forget"](40, random.Random(1), tmp_path, slept).arguments == ["forget", "--yes", "w00002"]


def test_facts_are_told_to_an_older_journal(slept, tmp_path, ledger):
    migrated = STAGES["migrate"](3, random.Random(1), tmp_path, slept)
    assert migrated.arguments[0] == "tell"
    assert migrated.promised(screen(""), ledger) == []
    assert len(ledger.once) == 1
    with journal_copy(slept) as journal:
        assert schema_version(journal) < len(MIGRATIONS)
