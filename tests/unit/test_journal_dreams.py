from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sovl_core.error_handling import BadInput
from sovl_core.events import Dream
from sovl_core.journal import Journal

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
