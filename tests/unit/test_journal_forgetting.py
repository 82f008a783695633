from __future__ import annotations

import pytest

from sovl_core.error_handling import BadInput, SOVLError
from sovl_core.events import Dream, Feedback
from sovl_core.journal import Journal

pytestmark = pytest.mark.no_torch

SECRET = "My sister's cat is called Zanzibar."


@pytest.fixture
def path(tmp_path):
    return tmp_path / "journal.db"


@pytest.fixture
def journal(path):
    opened = Journal(path, clock=lambda: 7.0)
    yield opened
    opened.close()


def lived(journal, learned, deep=False):
    number = journal.open_night(journal.current_night(), "command", {}, deep=deep)
    journal.accept_night(number, "accepted", learned, {})
    return number


def bytes_of(path):
    """Return what stands in the journal's files, lower case, however SQLite keeps it."""
    return b"".join(part.read_bytes() for part in sorted(path.parent.glob("journal.db*"))).lower()


def test_no_word_of_what_was_forgotten_can_be_read_in_the_files(journal, path):
    kept = journal.begin_episode("My dog is called Biscuit.", "c").id
    for number in range(40):
        journal.begin_episode(f"I like the number {number}.", "c")
    secret = journal.begin_episode(SECRET, "c").id
    # The reply makes the row longer, so that SQLite moves it and leaves a copy behind.
    journal.finish_episode(secret, "Zanzibar is a fine name. " * 60, details={"about": "zanzibar"})
    night = journal.open_night(None, "command", {})
    journal.add_dreams(night, [Dream("question", "Who is Zanzibar?", "A cat, Zanzibar.", [secret], answer="Zanzibar")])
    journal.add_feedback(Feedback("correction", text=SECRET, episode=kept))
    asked = journal.add_question("How old is Zanzibar?", "curiosity", episode=secret)
    journal.add_feedback(Feedback("answer", text="Zanzibar is four", question=asked.id))
    journal.add_metric("confidence", 0.5, episode=secret)
    assert b"zanzibar" in bytes_of(path)

    assert journal.forget_episodes([secret]) == 1
    assert journal.finish_forgetting()

    assert b"zanzibar" not in bytes_of(path)
    assert b"biscuit" in bytes_of(path)
    assert journal.episode(secret) is None
    assert journal.search("zanzibar") == []
    assert [episode.id for episode in journal.search("biscuit")] == [kept]
    assert (journal.questions(), journal.feedback(), journal.metrics("confidence")) == ([], [], [])
    assert journal.count_dreams() == 0
    assert journal.check() == []


def test_what_says_something_else_stays(journal):
    yes = journal.begin_episode("Yes", "c").id
    journal.add_feedback(Feedback("rating", 1.0))
    journal.add_feedback(Feedback("correction", text="Yes, that is right"))
    journal.add_feedback(Feedback("answer", text="Yes"))
    question = journal.add_question("Yes or no?", "curiosity")

    journal.forget_episodes([yes])

    assert [entry.text for entry in journal.feedback()] == ["Yes, that is right", ""]
    assert [entry.id for entry in journal.questions()] == [question.id]


def test_what_does_not_exist_cannot_be_forgotten_and_nothing_else_is(journal):
    kept = journal.begin_episode(SECRET, "c").id
    with pytest.raises(BadInput, match="no episode 99"):
        journal.forget_episodes([kept, 99])
    assert journal.episode(kept) is not None
    assert journal.unfinished_forgetting() == []


def test_forgetting_that_was_interrupted_is_known_the_next_time(journal, path):
    numbers = [journal.begin_episode(text, "c").id for text in (SECRET, "I live in Graz.")]
    journal.forget_episodes(numbers[:1])
    journal.close()

    again = Journal(path)
    assert again.unfinished_forgetting() == numbers[:1]
    again.forget_episodes(numbers[1:])
    assert again.unfinished_forgetting() == numbers
    assert again.finish_forgetting()
    assert again.unfinished_forgetting() == []
    again.close()


def test_traces_stay_while_somebody_reads(journal, path, mocker):
    mocker.patch("sovl_core.journal_database.LOCK_TIMEOUT", 0.01)
    impatient = Journal(path.with_name("other.db"))
    secret = impatient.begin_episode(SECRET, "c").id
    reader = Journal(path.with_name("other.db"), read_only=True)
    impatient.forget_episodes([secret])
    with reader._database.read() as connection:
        connection.execute("SELECT COUNT(*) FROM episodes").fetchone()
        assert not impatient.finish_forgetting()
        assert impatient.unfinished_forgetting() == [secret]
    assert impatient.finish_forgetting()
    impatient.close()
    reader.close()


def test_a_reader_forgets_nothing(journal, path):
    reader = Journal(path, read_only=True)
    with pytest.raises(SOVLError, match="reading only"):
        reader.finish_forgetting()
    reader.close()


def test_what_no_night_has_learned_is_owed_nothing(journal):
    number = journal.begin_episode(SECRET, "c").id
    journal.forget_episodes([number])
    assert journal.still_learned() == journal.ever_learned_and_forgotten() == []
    assert journal.nights_with_forgotten() == {}


def test_what_was_learned_shows_until_a_deep_night(journal):
    one, other = (journal.begin_episode(text, "c").id for text in (SECRET, "I live in Graz."))
    first = lived(journal, [other])
    second = lived(journal, [one])
    third = lived(journal, [])

    journal.forget_episodes([one])

    assert journal.still_learned() == [one]
    assert journal.nights_with_forgotten() == {second: [one], third: [one]}
    deep = lived(journal, [other], deep=True)
    assert journal.still_learned() == []
    assert journal.ever_learned_and_forgotten() == [one]
    after = lived(journal, [])
    assert journal.still_learned() == []
    assert journal.nights_with_forgotten() == {second: [one], third: [one]}
    journal.use_night(third)
    assert journal.still_learned() == [one]
    journal.use_night(first)
    assert journal.still_learned() == []
    assert (journal.forgotten_in(second), journal.forgotten_in(deep), journal.forgotten_in(after)) == ([one], [], [])
    assert journal.forgotten_in(None) == []


def test_a_night_whose_files_are_gone_is_never_used_again(journal):
    one = journal.begin_episode(SECRET, "c").id
    first = lived(journal, [one])
    journal.forget_episodes([one])
    with pytest.raises(BadInput, match="current"):
        journal.mark_purged(first)
    deep = lived(journal, [], deep=True)

    journal.mark_purged(first)

    assert journal.night(first).status == "purged"
    with pytest.raises(BadInput, match=f"Night {first} cannot be used: its files were removed for good"):
        journal.use_night(first)
    assert journal.current_night() == deep
    with pytest.raises(BadInput, match="no night 99"):
        journal.mark_purged(99)
