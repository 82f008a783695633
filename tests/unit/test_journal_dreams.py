from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sovl_core.error_handling import BadInput
from sovl_core.events import Dream
from sovl_core.journal import Journal
from sovl_core.journal_dreams import NO_NIGHT, DreamCount

pytestmark = pytest.mark.no_torch


@pytest.fixture
def journal(tmp_path):
    journal = Journal(tmp_path / "journal.db")
    yield journal
    journal.close()


@pytest.fixture
def memories(journal):
    return [journal.begin_episode(text, "c").id for text in "abc"]


def dream(*parents, kind="question", verdict="accepted"):
    return Dream(kind, "What?", "That.", parents=list(parents), writer="dream", verdict=verdict)


def accept_night(journal, dreams):
    number = journal.open_night(journal.current_night(), "command", {})
    kept = journal.add_dreams(number, dreams)
    journal.accept_night(number, "accepted", [], {})
    return number, kept


def ids(dreams):
    return [dream.id for dream in dreams]


def test_dream_keeps_everything_and_gets_a_number(journal, memories):
    given_dream = Dream(
        kind="reverse",
        prompt="Whose dog is Bruno?",
        completion="Yours.",
        parents=[memories[2], memories[0], memories[2]],
        writer="dream",
        answer="Yours",
        weight=0.5,
        held_out=True,
        verdict="rejected",
        why="contradicted",
    )
    night = journal.open_night(None, "command", {})
    (kept,) = journal.add_dreams(night, [given_dream])

    assert given_dream.id is None
    assert kept == replace(given_dream, id=kept.id, night=night)
    assert journal.dreams() == [kept]


def test_dreams_are_found_by_night_kind_and_memory_newest_first(journal, memories):
    a, b, _ = memories
    by_day = ids(journal.add_dreams(None, [dream(a), dream(kind="background")]))
    number, kept = accept_night(journal, [dream(a, b), dream(b, kind="rewrite")])
    by_night = ids(kept)

    assert ids(journal.dreams()) == [*by_night[::-1], *by_day[::-1]]
    assert ids(journal.dreams(limit=1)) == by_night[1:]
    assert ids(journal.dreams(night=number)) == by_night[::-1]
    assert ids(journal.dreams(kind="question")) == [by_night[0], by_day[0]]
    assert ids(journal.dreams(episode=b)) == by_night[::-1]
    assert ids(journal.dreams(night=number, kind="question", episode=a)) == by_night[:1]
    assert journal.dreams(episode=99) == []


def test_all_dreams_are_kept_or_none(journal, memories):
    with pytest.raises(BadInput, match="no episode"):
        journal.add_dreams(None, [dream(memories[0]), dream(99)])
    with pytest.raises(BadInput, match="night"):
        journal.add_dreams(99, [dream()])

    assert journal.dreams() == []
    assert journal.count_dreams() == 0


def test_verdict_is_entered(journal, memories):
    (kept,) = journal.add_dreams(None, [dream(memories[0], verdict="")])
    journal.update_dream(kept.id, "rejected", "does not hold the fact")

    assert journal.dreams() == [replace(kept, verdict="rejected", why="does not hold the fact")]
    with pytest.raises(BadInput, match="no dream 99"):
        journal.update_dream(99, "accepted", "")


def test_accepted_dreams_of_some_nights(journal, memories):
    first, early = accept_night(journal, [dream(memories[0]), dream(memories[0], verdict="rejected")])
    second, late = accept_night(journal, [dream(memories[1])])
    (by_day,) = journal.add_dreams(None, [dream()])

    assert ids(journal.accepted_dreams()) == [by_day.id, late[0].id, early[0].id]
    assert ids(journal.accepted_dreams(nights=[first])) == [early[0].id]
    assert ids(journal.accepted_dreams(nights=[second, first], limit=1)) == [late[0].id]
    assert journal.accepted_dreams(nights=[]) == []


def test_accepted_dreams_of_some_memories(journal, memories):
    a, b, c = memories
    first, early = accept_night(journal, [dream(a), dream(a, b), dream(b, verdict="rejected"), dream()])
    _, late = accept_night(journal, [dream(b), dream(c)])

    assert ids(journal.accepted_dreams(memories=[b])) == [late[0].id, early[1].id]
    assert ids(journal.accepted_dreams(memories={a, c}, limit=2)) == [late[1].id, early[1].id]
    assert ids(journal.accepted_dreams(nights=[first], memories=[a, b])) == [early[1].id, early[0].id]
    assert journal.accepted_dreams(memories=[]) == []


def test_dreams_of_what_is_no_longer_true_are_not_rehearsed(journal, memories):
    old, new, secret = memories
    night, kept = accept_night(journal, [dream(old), dream(new), dream(new, secret), dream()])
    journal.supersede(old, new)
    journal.set_learnable(secret, False)

    assert ids(journal.accepted_dreams(nights=[night])) == [kept[3].id, kept[1].id]


def test_more_nights_than_sql_has_parameters(journal):
    night, kept = accept_night(journal, [dream()])

    assert ids(journal.accepted_dreams(nights=list(range(night, 40_000)))) == [kept[0].id]


@settings(max_examples=50, deadline=None)
@given(st.text(st.characters()), st.text(st.characters()))
def test_any_text_can_be_dreamed(tmp_path_factory, prompt, completion):
    journal = Journal(tmp_path_factory.mktemp("life") / "journal.db")
    journal.add_dreams(None, [Dream("background", prompt, completion)])
    (kept,) = journal.dreams()
    journal.close()

    (kept.prompt + kept.completion).encode("utf-8")


def test_dreams_are_found_by_verdict_without_some_kinds_and_from_the_oldest_on(journal, memories):
    a, b, _ = memories
    night, kept = accept_night(
        journal, [dream(a), dream(a, verdict="rejected"), dream(kind="contrast"), dream(kind="background"), dream(b)]
    )
    numbers = ids(kept)

    assert ids(journal.dreams(verdict="rejected")) == [numbers[1]]
    assert ids(journal.dreams(night=night, verdict="accepted", episode=a)) == [numbers[0]]
    assert ids(journal.dreams(without=("contrast", "background"))) == [numbers[4], numbers[1], numbers[0]]
    assert ids(journal.dreams(night=night, limit=2, oldest_first=True)) == numbers[:2]


def test_dreams_on_request_have_no_night(journal, memories):
    assert journal.last_dreaming_night() is None
    (by_day,) = journal.add_dreams(None, [dream(memories[0])])
    assert journal.last_dreaming_night() == NO_NIGHT
    night, _ = accept_night(journal, [dream(memories[0])])
    accept_night(journal, [])

    assert journal.last_dreaming_night() == night
    assert ids(journal.dreams(night=NO_NIGHT)) == [by_day.id]


def test_dreams_are_counted_by_kind_verdict_and_use(journal, memories):
    a, b, _ = memories
    held_out = replace(dream(b), held_out=True)
    night, _ = accept_night(journal, [dream(a), dream(a), held_out, dream(kind="background"), dream(b, verdict="")])
    journal.add_dreams(None, [dream(b)])

    assert journal.dreamt_counts(night=night) == [
        DreamCount("question", "accepted", False, 2),
        DreamCount("background", "accepted", False, 1),
        DreamCount("question", "", False, 1),
        DreamCount("question", "accepted", True, 1),
    ]
    assert [one.dreams for one in journal.dreamt_counts(night=night, episode=a)] == [2]
    assert [one.dreams for one in journal.dreamt_counts(night=NO_NIGHT)] == [1]
    assert sum(one.dreams for one in journal.dreamt_counts()) == 6
    assert journal.dreamt_counts(night=99) == []


@pytest.mark.parametrize("terms", [{"night": 1}, {"episode": 1}, {"night": 1, "kind": "question"}, {"night": 0}])
def test_the_dreams_of_one_night_or_memory_are_found_without_looking_at_others(journal, memories, terms):
    """What is read does not grow with the journal: SQLite says which index it takes."""
    accept_night(journal, [dream(memories[0])])
    plans = []
    with journal._database.read() as connection:
        connection.set_trace_callback(plans.append)
    journal.dreams(**terms, verdict="accepted", without=("contrast",), oldest_first=True)
    journal.dreamt_counts(night=terms.get("night"), episode=terms.get("episode"))
    with journal._database.read() as connection:
        connection.set_trace_callback(None)
        asked = [query for query in plans if "FROM dreams WHERE" in query]
        found = [row[3] for query in asked for row in connection.execute("EXPLAIN QUERY PLAN " + query)]

    assert len(asked) == 2
    assert not [step for step in found if step.startswith("SCAN")]
    assert not [step for step in found if "dreams_kind" in step or "dreams_verdict" in step]
