from __future__ import annotations

from typing import Any

import pytest

from sovl_core.cli.memory_lines import memory_text
from sovl_core.events import Dream
from sovl_core.explanation import Change, Explanation, Origin
from sovl_core.night_difference import NightDifference

pytestmark = pytest.mark.no_torch

CORRECTION = 'it is Truffle  (corrects the reply to #1 "What is my cat called?")'
ANSWER = 'Biscuit.  (answers "What is your dog called?")'


@pytest.fixture
def told(shell: Any) -> Any:
    """A question that was answered wrong, its correction, and an answer to the system, learned in night 1."""

    def live(system: Any) -> None:
        journal = system.journal
        if journal.nights():
            return
        asked = journal.begin_episode("What is my cat\x1b[2J called?", "c")
        journal.finish_episode(asked.id, "Marzipan.")
        right = journal.begin_episode("it is Truffle", "c", source="correction", details={"corrects": asked.id})
        question = journal.add_question("What is your dog called?", "curiosity", status="asked")
        dog = journal.begin_episode("Biscuit.", "c", source="answer", details={"question": question.id})
        number = journal.open_night(None, "command", {})
        learned = [right.id, dog.id]
        journal.accept_night(number, "accepted", learned, {"learned": learned})

    shell.prepare = live
    return shell


def test_a_night_tells_what_was_corrected_and_answered(told: Any) -> None:
    assert told("nights", "show", "1") == 0
    assert f"Learned\n  #2  {CORRECTION}\n  #3  {ANSWER}\n" in told.out


def test_what_waits_is_told_so_too(told: Any) -> None:
    told("nights", "undo")
    assert told("recap") == 0
    assert f"  {CORRECTION}\n  {ANSWER}\n" in told.out


def test_a_turn_that_is_found_alone_says_what_it_was_said_to(told: Any) -> None:
    assert told("search", "Truffle") == 0
    head = told.out.splitlines()[0]
    assert head.endswith('#2  (corrects the reply to #1 "What is my cat called?", learned in night 1)')


def test_between_two_nights(told: Any) -> None:
    live = told.prepare

    def prepare(system: Any) -> None:
        live(system)
        system.compare_nights = lambda first, second: NightDifference(
            first, second, only_second=system.journal.learned_beyond(second, first)
        )

    told.prepare = prepare
    assert told("nights", "diff", "none", "1") == 0
    assert f"Known in night 1 alone: 2\n  #2  {CORRECTION}\n  #3  {ANSWER}\n" in told.out


def test_over_its_dreams_and_where_a_reply_came_from(told: Any) -> None:
    live = told.prepare

    def prepare(system: Any) -> None:
        live(system)
        system.journal.add_dreams(None, [Dream("question", "Which name?", "Truffle.", parents=[2])])
        origins = [Origin(2, 0.9, "it is Truffle", None, [1])]
        system.why = lambda episode=None: Explanation(
            1, "Q?", "Truffle.", Change(0.5, 1, moved=[]), night=1, given_in=1, origins=origins
        )

    told.prepare = prepare
    assert told("dreams", "--memory", "2") == 0
    assert f"#2  {CORRECTION}\n" in told.out
    assert told("why") == 0
    assert f"From #2  {CORRECTION[:-1]}; 90%; learned in night 1)\n" in told.out


def test_what_was_forgotten_is_not_told_with_it(told: Any) -> None:
    assert told("forget", "--yes", "1") == 0
    assert told("nights", "show", "1") == 0
    assert "  #2  it is Truffle\n" in told.out
    assert told("search", "Truffle") == 0
    assert "#2  (correction, learned in night 1)" in told.out


def test_all_else_stands_by_itself(system: Any) -> None:
    assert memory_text(system.journal, system.tell("I live in Riga. " * 9), 20) == "I live in Riga. I l…"
