"""The newest word counts: marking in the journal what is not so any more."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sovl_core.events import Dream
from sovl_core.journal import Journal
from sovl_dream.claims.index import KEY
from sovl_dream.contradiction import contradictions
from sovl_dream.superseding import forget, outdated, supersede
from sovl_dream.verification import TOLD_OTHERWISE

pytestmark = pytest.mark.no_torch


@pytest.fixture
def journal(tmp_path):
    journal = Journal(tmp_path / "journal.db")
    yield journal
    journal.close()


def tell(journal, *prompts, **fields):
    return [journal.begin_episode(prompt, "c", **fields) for prompt in prompts]


def sleep(journal, *dreams):
    """Let a night learn all that is new, of these dreams, as the plugin's part of it goes."""
    fresh = journal.unconsolidated()
    gone = supersede(journal, fresh)
    night = journal.open_night(journal.current_night(), "command", {})
    made = journal.add_dreams(night, dreams)
    journal.accept_night(night, "accepted", [memory.id for memory in fresh if memory.id not in gone], {})
    return made


def by(journal):
    return {memory.id: memory.superseded_by for memory in journal.episodes() if memory.superseded_by}


def test_of_what_was_told_on_one_day_the_newest_is_learned(journal):
    old, new = tell(journal, "I live in Lund.", "I moved to Oslo.")
    assert supersede(journal, journal.unconsolidated()) == {old.id}
    assert by(journal) == {old.id: new.id}
    assert journal.unconsolidated() == [new]


def test_what_an_earlier_night_learned_is_superseded(journal):
    (old,) = tell(journal, "I live in Lund.")
    sleep(journal)
    (new,) = tell(journal, "I moved to Oslo.")
    sleep(journal)
    assert by(journal) == {old.id: new.id}
    (newest,) = tell(journal, "I live in Bergen now.")
    sleep(journal)
    assert by(journal) == {old.id: new.id, new.id: newest.id}
    assert journal.consolidated() == [journal.episode(newest.id)]


def test_what_was_learned_before_there_was_an_index_is_superseded_too(journal):
    (old,) = tell(journal, "I live in Lund.")
    night = journal.open_night(None, "command", {})
    journal.accept_night(night, "accepted", [old.id], {})
    (new,) = tell(journal, "I moved to Oslo.")
    supersede(journal, journal.unconsolidated())
    assert by(journal) == {old.id: new.id}


def test_what_may_be_true_side_by_side_is_kept(journal):
    tell(journal, "I play the piano.", "My sister Orla is a nurse.")
    sleep(journal)
    tell(journal, "I play chess.", "My sister Ida is a nurse.")
    assert supersede(journal, journal.unconsolidated()) == set()


def test_it_may_be_done_again(journal):
    tell(journal, "I live in Lund.", "I moved to Oslo.")
    fresh = journal.unconsolidated()
    assert supersede(journal, fresh) == supersede(journal, fresh)


def dreams_of(memory):
    return [
        Dream("question", "Where do I live?", "You live in Lund.", [memory.id], answer="Lund", verdict="accepted"),
        Dream("question", "Where is my home?", "In Lund.", [memory.id], answer="Lund", verdict="accepted"),
        Dream("question", "My dog?", "Your dog is called Rex.", [memory.id], answer="Rex", verdict="accepted"),
        Dream("question", "Empty?", "", [memory.id], answer="Lund", verdict="rejected", why="it is empty"),
    ]


def test_of_a_memory_that_holds_in_part_only_the_dreams_of_the_rest_are_rehearsed(journal):
    (old,) = tell(journal, "I live in Lund and my dog is called Rex.")
    sleep(journal, *dreams_of(old))
    tell(journal, "I moved to Oslo.")
    assert supersede(journal, journal.unconsolidated()) == set()
    assert [dream.prompt for dream in journal.accepted_dreams()] == ["My dog?"]
    why = {dream.prompt: dream.why for dream in journal.dreams()}
    assert why["Where do I live?"] == why["Where is my home?"] == TOLD_OTHERWISE
    assert why["Empty?"] == "it is empty"


def test_what_still_holds_is_told_without_what_does_not(journal):
    (old,) = tell(journal, "I live in Lund and my dog is called Rex.")
    both = "You live in Lund. Your dog is called Rex."
    asked = [("Where do I live?", "Lund"), ("My dog?", "Rex"), ("My dog's name?", "Rex")]
    sleep(journal, *(Dream("question", q, both, [old.id], answer=a, verdict="accepted") for q, a in asked))
    tell(journal, "I moved to Oslo.")
    for _ in range(2):
        supersede(journal, journal.unconsolidated())
        found = journal.accepted_dreams(nights=[1])
        assert {(d.prompt, d.completion) for d in found} == {(q, "Your dog is called Rex.") for q, _ in asked[1:]}
        assert all((d.parents, d.answer) == ([old.id], "Rex") for d in found)
    assert [d.why for d in journal.dreams(verdict="rejected")] == [TOLD_OTHERWISE] * 3


def test_news_that_another_statement_of_the_memory_shares_is_kept(journal):
    (old,) = tell(journal, "I was born in Lund and I live in Lund.")
    born = Dream("question", "Born?", "You were born in Lund.", [old.id], answer="Lund", verdict="accepted")
    sleep(journal, *dreams_of(old)[:1], born)
    tell(journal, "I moved to Oslo.")
    supersede(journal, journal.unconsolidated())
    assert [dream.prompt for dream in journal.accepted_dreams()] == ["Born?"]


def test_when_the_last_of_it_goes_the_memory_goes(journal):
    (old,) = tell(journal, "I live in Lund and my dog is called Rex.")
    sleep(journal)
    tell(journal, "I moved to Oslo.")
    sleep(journal)
    (new,) = tell(journal, "My dog is called Max.")
    sleep(journal)
    assert by(journal) == {old.id: new.id}


def test_an_answer_is_read_with_its_question(journal):
    question = journal.add_question("Where do you live?", "curiosity")
    (old,) = tell(journal, "Lund", source="answer", details={"question": question.id})
    sleep(journal)
    again = journal.add_question("Where do you live now?", "curiosity")
    (new,) = tell(journal, "I moved to Oslo.", source="answer", details={"question": again.id})
    sleep(journal)
    assert by(journal) == {old.id: new.id}


def test_a_correction_supersedes_what_was_corrected(journal):
    (old,) = tell(journal, "My sister is called Orla.")
    sleep(journal)
    (new,) = tell(journal, "My sister is called Ida.", source="correction", details={"corrects": old.id})
    sleep(journal)
    assert by(journal) == {old.id: new.id}


def test_a_correction_in_a_few_words_is_read_with_what_was_asked(journal):
    (old,) = tell(journal, "My sister is called Orla.")
    sleep(journal)
    (asked,) = tell(journal, "What is my sister called?")
    (new,) = tell(journal, "it is Ida", source="correction", details={"corrects": asked.id})
    sleep(journal)
    assert by(journal) == {old.id: new.id}


def test_what_was_deleted_or_is_not_to_be_learned_plays_no_part(journal):
    gone, kept = tell(journal, "I live in Lund.", "My dog is called Rex.")
    sleep(journal)
    journal.forget_episodes([gone.id])
    journal.set_learnable(kept.id, False)
    tell(journal, "I moved to Oslo.", "My dog is called Max.")
    assert supersede(journal, journal.unconsolidated()) == set()
    assert by(journal) == {}


def test_dreams_of_what_is_told_otherwise_are_outdated(journal):
    old, new = tell(journal, "I live in Lund. My dog is called Rex.", "I moved to Oslo.")
    assert outdated(journal, [old]) == set()
    assert outdated(journal, [old, new]) == {(old.id, "You live in Lund.")}
    supersede(journal, [new])
    assert outdated(journal, [old]) == {(old.id, "You live in Lund.")}
    assert outdated(journal, [new]) == set()


def test_what_a_statement_implied_is_outdated_with_it(journal):
    (old,) = tell(journal, "I moved to Oslo. My dog is called Rex.")
    lives = Dream("question", "Where do I live?", "You live in Oslo.", [old.id], answer="Oslo", verdict="accepted")
    sleep(journal, lives, *dreams_of(old)[2:3])
    (new,) = tell(journal, "I live in Bergen.")
    assert supersede(journal, [new]) == set()
    assert [dream.prompt for dream in journal.accepted_dreams()] == ["My dog?"]
    assert outdated(journal, [old]) == {(old.id, "You moved to Oslo."), (old.id, "You live in Oslo.")}


def test_what_is_forgotten_leaves_no_trace(journal):
    old, new = tell(journal, "I live in Lund.", "My dog is called Rex.")
    forget(journal, [old.id])
    supersede(journal, [old, new])
    forget(journal, [old.id])
    kept = journal.get_value(KEY)["memories"].values()
    assert {memory for memories in kept for memory in memories} == {new.id}


SAID = st.sampled_from(
    (
        "I live in Lund.",
        "I moved to Oslo.",
        "I no longer live in Oslo.",
        "My dog is called Rex.",
        "My dog is called Max now.",
        "I live in Lund. My dog is called Tom.",
        "I work at Volvo.",
        "I quit my job.",
        "I like tea.",
        "I don't like tea.",
        "Hello!",
    )
)


@settings(max_examples=25)
@given(st.lists(st.lists(SAID, max_size=3), max_size=4))
def test_however_a_life_goes_what_is_kept_is_free_of_contradictions(tmp_path_factory, days):
    journal = Journal(tmp_path_factory.mktemp("life") / "journal.db")
    for day in days:
        tell(journal, *day)
        sleep(journal)
        kept = journal.consolidated()
        in_part = {memory.id for memory in kept if "live in Lund. My dog" in memory.prompt}
        assert {one.old.memory for one in contradictions(kept)} <= in_part
    journal.close()


def test_two_numbers_on_one_day_the_later_one_is_learned_and_the_user_is_asked(journal):
    old, new = tell(journal, "I have two brothers.", "I have three brothers.")
    assert supersede(journal, journal.unconsolidated()) == {old.id}
    (question,) = journal.questions(status="queued")
    assert question.text == "How many brothers do you have?"
    assert (question.source, question.episode) == ("dream", new.id)
    assert question.details == {"told_otherwise": [old.id, new.id]}


def test_what_may_both_be_so_is_learned_and_asked_about_once(journal):
    tell(journal, "The office is in Lund.", "The office is in Oslo.")
    for _ in range(2):
        assert supersede(journal, journal.unconsolidated()) == set()
    assert [question.text for question in journal.questions()] == ["Where is the office?"]
    journal.update_question(journal.questions()[0].id, status="answered")
    supersede(journal, journal.unconsolidated())
    assert len(journal.questions()) == 1


def test_what_takes_the_place_of_something_is_no_question(journal):
    tell(journal, "The office is in Lund.", "The office is now in Oslo.", "I am 34.", "I am 35.")
    supersede(journal, journal.unconsolidated())
    assert journal.questions() == []


def test_of_what_was_told_on_two_days_nobody_is_asked(journal):
    tell(journal, "I drive a Volvo.")
    sleep(journal)
    tell(journal, "I drive a Saab.")
    sleep(journal)
    assert journal.questions() == []
    assert by(journal) == {}


def test_the_question_goes_with_what_is_forgotten(journal):
    _, new = tell(journal, "The office is in Lund.", "The office is in Oslo.")
    supersede(journal, journal.unconsolidated())
    assert "Lund" not in journal.questions()[0].text + str(journal.questions()[0].details)
    journal.forget_episodes([new.id])
    assert journal.questions() == []
