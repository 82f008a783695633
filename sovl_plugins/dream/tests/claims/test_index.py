"""Finding the memories that claim something about the same."""

from __future__ import annotations

import json

import pytest

from sovl_core.journal import Journal
from sovl_core.records import Episode
from sovl_dream.claims.index import KEY, ClaimIndex
from sovl_dream.contradiction import told_in

pytestmark = pytest.mark.no_torch


@pytest.fixture
def journal(tmp_path):
    journal = Journal(tmp_path / "journal.db")
    yield journal
    journal.close()


def told(number, prompt):
    return told_in(Episode(number, "c", prompt))


def test_memories_about_the_same_are_found():
    index = ClaimIndex()
    index.add(told(1, "I live in Lund."))
    index.add(told(2, "My dog is called Rex."))
    index.add(told(1, "I live in Lund."))
    assert index.related(told(3, "I moved to Oslo.")) == {1}
    assert index.related(told(3, "The name of my dog is Max.")) == {2}
    assert index.related(told(3, "I like tea.")) == set()


def test_what_is_dropped_is_found_no_more():
    index = ClaimIndex()
    index.add(told(1, "I live in Lund."))
    index.add(told(2, "I moved to Oslo."))
    index.drop({1})
    assert index.related(told(3, "I moved to Bergen.")) == {2}
    index.drop(())
    assert index.related(told(3, "I moved to Bergen.")) == {2}


def test_it_is_kept_without_a_word_of_what_was_said(journal):
    assert ClaimIndex.load(journal) is None
    index = ClaimIndex()
    index.add(told(7, "My garage code is 4815."))
    index.save(journal)
    kept = json.dumps(journal.get_value(KEY)).lower()
    assert not any(word in kept for word in ("garage", "code", "4815"))
    assert ClaimIndex.load(journal).related(told(8, "The code for the garage is 1.")) == {7}


def test_an_index_by_other_rules_is_none(journal):
    for other in ({"version": 0, "memories": {}}, [], None, "claims"):
        journal.set_value(KEY, other)
        assert ClaimIndex.load(journal) is None


def test_it_is_built_of_what_was_learned_before_there_was_one(journal):
    learned = journal.begin_episode("I live in Lund.", "c")
    journal.begin_episode("I live in Rome.", "c")
    night = journal.open_night(None, "command", {})
    journal.accept_night(night, "accepted", [learned.id], {})
    breaths = []
    index = ClaimIndex.build(journal, lambda: breaths.append(1))
    assert index.related(told(9, "I moved to Oslo.")) == {learned.id}
    assert breaths == [1]
