"""Answers to the system's own questions."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sovl_core.journal import Journal
from sovl_core.records import Episode
from sovl_dream.answers import asked_back, completed, question_of, says_something, with_question
from sovl_dream.memories import statements_in

pytestmark = pytest.mark.no_torch


@pytest.mark.parametrize(
    ("question", "answer", "statement"),
    [
        ("What is your dog called?", "Rex!", "My dog is called Rex"),
        ("What's your dog's name?", "Her name is Bella.", "My dog's name is Bella"),
        ("What is your favourite tea?", "It's mint", "My favourite tea is mint"),
        ("Where do you live?", "In Oslo.", "I live in Oslo"),
        ("Where do you work?", "Oslo", "I work in Oslo"),
        ("Where are you from?", "Cork", "I am from Cork"),
        ("Who is your boss?", "Tamsin", "My boss is Tamsin"),
        ("When is your birthday?", "On 3 May", "My birthday is on 3 May"),
        ("What do you do for a living?", "a nurse", "I am a nurse"),
        ("What do you play?", "chess", "I play chess"),
        ("How old are you?", "34", "I am 34"),
        ("Where does your sister live?", "She moved to Oslo.", "My sister moved to Oslo"),
        ("Where does your older sister Ilse live now?", "she's in Oslo", "My older sister Ilse is in Oslo"),
        ("How old is your son?", "he is nine", "My son is nine"),
    ],
)
def test_question_and_answer_make_one_statement(question, answer, statement):
    assert completed(question, answer) == statement


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("What is your dog called?", "My dog is called Rex."),
        ("What is your dog called?", ""),
        ("What is your dog called?", "yes"),
        ("What is your dog called?", "a name that is far too long to stand in one sentence"),
        ("What do you do?", "nothing much"),
        ("Why do birds sing?", "for joy"),
        ("Why is your sister sad?", "she moved to Oslo"),
        ("Where do you live?", "she moved to Oslo"),
    ],
)
def test_where_the_rules_do_not_reach(question, answer):
    assert completed(question, answer) == ""


def test_what_is_said_to_a_question():
    assert says_something("Do you have a dog?", "Yes!")
    assert not says_something("Who is your boss?", "No.")
    assert not says_something("Who is your boss?", "I don't know")
    assert not says_something("Who is your boss?", "?")
    assert says_something("Who is your boss?", "Tamsin")
    assert says_something("What is your dog called?", "Skipper")
    assert says_something("Who is your boss?", "Hilda")


def test_the_journal_knows_the_words_of_the_question(tmp_path):
    journal = Journal(tmp_path / "journal.db")
    question = journal.add_question("What is your dog called?", "curiosity")
    answer = Episode(1, "c", "Rex", details={"question": question.id, "tokens": 3})
    known = with_question(answer, journal)
    assert known.details == {"question": "What is your dog called?", "tokens": 3}
    assert question_of(known) == "What is your dog called?"
    assert question_of(with_question(Episode(1, "c", "Rex", details={"question": 99}), journal)) == ""
    assert question_of(with_question(Episode(1, "c", "Rex"), journal)) == ""
    journal.close()


@pytest.mark.parametrize(
    ("asked", "back"),
    [
        ("What is my cat called?", "What is your cat called?"),
        ("Hello again. Where do I  live?", "Where do you live?"),
        ("Hello! Who is my dentist, Dr. Smith?", "Who is your dentist, Dr. Smith?"),
        ("Which book of J. K. Rowling do I like?", "Which book of J. K. Rowling do you like?"),
        ("My cat is called Luna.", ""),
        ("What is your name?", ""),
        ("", ""),
    ],
)
def test_what_the_user_asked_is_asked_back(asked, back):
    assert asked_back(asked) == back


def test_a_correction_is_read_with_what_was_asked(tmp_path):
    journal = Journal(tmp_path / "journal.db")
    turn = journal.begin_episode("What is my cat called?", "c")
    wrong = Episode(9, "c", "it is Luna", source="correction", details={"corrects": turn.id})
    assert question_of(with_question(wrong, journal)) == "What is your cat called?"
    assert [one.text for one in statements_in(with_question(wrong, journal))] == ["My cat is called Luna"]
    assert question_of(with_question(replace(wrong, details={"corrects": None}), journal)) == ""
    assert question_of(with_question(replace(wrong, details={"corrects": 99}), journal)) == ""
    journal.close()


@given(st.text(max_size=40), st.text(max_size=40))
def test_any_answer_to_any_question(question, answer):
    assert isinstance(completed(question, answer), str)
    assert says_something(question, answer) in (True, False)
