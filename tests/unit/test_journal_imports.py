from __future__ import annotations

import pytest

from sovl_core.error_handling import SOVLError
from sovl_core.journal import Journal
from sovl_core.records import Exchange

pytestmark = pytest.mark.no_torch


@pytest.fixture
def journal(tmp_path):
    journal = Journal(tmp_path / "journal.db", clock=lambda: 1_700_000_000.0)
    yield journal
    journal.close()


def test_an_exchange_becomes_an_episode_of_its_own_time_and_conversation(journal):
    said = Exchange("My dog is called Rex.", "Nice.", "chatgpt 1", 1_600_000_000.5, "k", details={"title": "Dogs"})

    assert journal.take_in([said]) == 1

    (episode,) = journal.episodes()
    assert (episode.prompt, episode.reply, episode.conversation) == ("My dog is called Rex.", "Nice.", "chatgpt 1")
    assert (episode.created, episode.source, episode.details) == (1_600_000_000.5, "import", {"title": "Dogs"})
    assert (episode.learnable, episode.weight, episode.confidence, episode.night) == (True, 1.0, None, None)
    assert journal.count_unconsolidated() == 1
    assert [e.id for e in journal.search("rex")] == [episode.id]


def test_what_has_no_time_has_the_present_one(journal):
    journal.take_in([Exchange("One", source="tell")])

    assert [(e.created, e.source) for e in journal.episodes()] == [(1_700_000_000.0, "tell")]


def test_what_has_a_key_is_taken_in_once_and_what_has_none_each_time(journal):
    keyed = [Exchange("One", key="a"), Exchange("Two", key="b"), Exchange("One again", key="a")]
    assert journal.take_in(keyed) == 2
    assert journal.take_in([*keyed, Exchange("Three", key="c")]) == 1
    assert journal.take_in([Exchange("Four"), Exchange("Four")]) == 2

    assert [e.prompt for e in reversed(journal.episodes())] == ["One", "Two", "Three", "Four", "Four"]


def test_what_was_deleted_does_not_come_back(journal):
    journal.take_in([Exchange("A secret", key="a")])
    journal.forget_episodes([journal.episodes()[0].id])

    assert journal.take_in([Exchange("A secret", key="a")]) == 0
    assert journal.episodes() == []
    assert journal.check() == []


def test_all_of_them_or_none(journal):
    with pytest.raises(TypeError):
        journal.take_in([Exchange("One", key="a"), Exchange("Two", key="b", details={"no": object()})])

    assert journal.count_episodes() == 0
    assert journal.take_in([Exchange("One", key="a")]) == 1


def test_text_that_cannot_be_stored_is_cleaned(journal):
    journal.take_in([Exchange("A\x00\ud800", "\udfff", "c\x00", key="\x00", details={"title": "\ud800"})])

    (episode,) = journal.episodes()
    assert (episode.prompt, episode.reply, episode.conversation) == ("A\ufffd\ufffd", "\ufffd", "c\ufffd")


def test_a_reader_takes_nothing_in(journal):
    reader = Journal(journal._database.path, read_only=True)
    with pytest.raises(SOVLError, match="reading only"):
        reader.take_in([Exchange("One")])
    reader.close()


def test_what_is_taken_in_is_screened(journal):
    parts = []

    def screen(entry):
        parts.append((entry.part, entry.source, entry.conversation))
        entry.text = entry.text.replace("1234", "****")

    journal.screen = screen
    journal.take_in([Exchange("The code is 1234", "1234?", "c"), Exchange("1234", source="tell")])

    assert [(e.prompt, e.reply) for e in journal.episodes()] == [("****", ""), ("The code is ****", "****?")]
    assert parts == [("prompt", "import", "c"), ("reply", "import", "c"), ("prompt", "tell", "")]
