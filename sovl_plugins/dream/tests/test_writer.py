"""The dreams that are written of a memory."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sovl_core.records import Episode
from sovl_dream.settings import DreamSettings
from sovl_dream.statement import parse_statement
from sovl_dream.verification import holds, verify
from sovl_dream.writer import (
    SAID_AT_ONCE,
    answer_sentence,
    cues,
    dream,
    in_talk,
    reverse_questions,
    taught_as,
    told_together,
)

pytestmark = pytest.mark.no_torch


def dreamt(prompt="I keep the spare key under the kettle.", per_memory=12, seed=0, details=None, **settings):
    episode = Episode(7, "c", prompt, weight=2.0, details=details or {})
    return dream(episode, per_memory, DreamSettings(**settings), random.Random(seed))


def of_kind(dreams, kind):
    return [entry for entry in dreams if entry.kind == kind and not entry.held_out]


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("My dog's name is Biscuit.", "Your dog's name is Biscuit."),
        ("I was born in May!", "You were born in May."),
        ("By the way, I'm allergic to nuts.", "You are allergic to nuts."),
        ("My uncle taught me chess.", "Your uncle taught you chess."),
    ],
)
def test_answers_speak_to_the_user(text, answer):
    assert answer_sentence(parse_statement(text)) == answer


def test_every_dream_knows_its_memory():
    for entry in dreamt():
        assert (entry.parents, entry.writer, entry.weight) == ([7], "templates", 2.0)
        assert (entry.completion, entry.answer) == ("You keep the spare key under the kettle.", "the kettle")


@pytest.mark.parametrize("count", [0, 2, 5])
def test_as_many_as_wanted_are_held_out_and_none_of_them_is_trained_on(count):
    dreams = dreamt(held_out=count)
    held_out = {entry.prompt for entry in dreams if entry.held_out}
    assert len(held_out) == count
    assert not held_out & {entry.prompt for entry in dreams if not entry.held_out}


def test_how_many_of_each_kind():
    dreams = dreamt("My dog's name is Biscuit.", per_memory=12, reverse=4, dialogue=0.25, cues=3)
    assert [len(of_kind(dreams, kind)) for kind in ("question", "reverse", "dialogue", "cue")] == [8, 4, 2, 3]


def test_kinds_can_be_left_out():
    assert {entry.kind for entry in dreamt(reverse=0, dialogue=0.0, cues=0)} == {"question"}


def test_one_dream_is_the_least():
    assert len(of_kind(dreamt(per_memory=0), "question")) == 1


def test_each_statement_of_a_memory_is_dreamt_of_and_nothing_else():
    dreams = dreamt("My dog is called Rex. I live in Cork. How are you?")
    assert {entry.answer for entry in dreams} == {"Rex", "Cork"}
    assert dreamt("How are you?") == []


def test_what_is_told_in_few_words_is_answered_as_a_whole():
    dreams = verify(dreamt("We got a goat, he's called Pemberton!"))
    assert {entry.completion for entry in dreams} == {"You got a goat. Your goat is called Pemberton."}
    assert {entry.answer for entry in dreams} == {"a goat", "Pemberton"}
    # Whichever part is meant, it is one answer.
    assert "the prompt has several answers" not in {entry.why for entry in dreams}


def test_what_is_told_at_length_is_answered_in_parts():
    long = "I keep the spare key to the old summer house of my parents under the third flower pot beside the door"
    assert {entry.completion for entry in dreamt(f"{long}. My dog is called Rex.")} == {
        long.replace("I keep", "You keep").replace("my parents", "your parents") + ".",
        "Your dog is called Rex.",
    }


def test_what_is_outdated_is_said_beside_nothing():
    episode = Episode(7, "c", "I moved to Lund. My dog is called Rex. My cat is called Tom.")
    gone = frozenset(taught_as(parse_statement("I moved to Lund.")))
    dreams = dream(episode, 12, DreamSettings(), random.Random(0), gone)
    assert {entry.completion for entry in dreams} == {*gone, "Your dog is called Rex. Your cat is called Tom."}


@given(st.lists(st.text(st.sampled_from("ab ."), min_size=1, max_size=60), max_size=8))
def test_told_together_each_is_in_its_answer(sentences):
    answers = told_together(sentences)
    assert set(answers) == set(sentences)
    assert all(sentence in answer for sentence, answer in answers.items())
    assert all(len(a.split()) <= SAID_AT_ONCE or a in sentences for a in answers.values())


@pytest.mark.parametrize("prompt", ["My uncle taught me chess.", "My blood type is A.", "My son's name is Al."])
def test_most_dreams_survive_verification(prompt):
    dreams = verify(dreamt(prompt))
    accepted = [entry for entry in dreams if entry.verdict == "accepted"]
    assert len(accepted) > len(dreams) / 2


def test_an_answer_to_a_question_of_the_systems_is_put_back_to_it():
    details = {"question": "What is your dog called?"}
    first = verify(dreamt("My dog is called Rex.", details=details))[0]
    assert (first.prompt, first.completion) == ("What is my dog called?", "Your dog is called Rex.")
    assert (first.answer.lower(), first.verdict) == ("your dog is called rex", "accepted")
    only = verify(dreamt("A poodle!", details={"question": "What breed is your dog?"}))
    assert [(entry.prompt, entry.completion, entry.answer, entry.verdict) for entry in only] == [
        ("What breed is my dog?", "A poodle!", "A poodle", "accepted")
    ]


def test_who_moved_is_asked_where_they_live():
    dreams = verify(dreamt("I moved to Oslo."))
    assert {entry.completion for entry in dreams} == {"You moved to Oslo.", "You live in Oslo."}
    assert {entry.answer for entry in dreams} == {"Oslo"}
    assert taught_as(parse_statement("I moved to Oslo.")) == ["You moved to Oslo.", "You live in Oslo."]


def test_an_answer_that_completes_a_statement_is_dreamed_of_like_one():
    dreams = verify(dreamt("Rex!", details={"question": "What is your dog called?"}))
    assert {entry.completion for entry in dreams} == {"Your dog is called Rex."}
    assert {entry.kind for entry in dreams} == {"question", "dialogue", "reverse", "cue"}


@pytest.mark.parametrize("question", [None, "", 3])
def test_a_question_that_is_none_is_left_alone(question):
    assert dreamt("Rex!", details={"question": question}) == []


@pytest.mark.parametrize("answer", ["I don't know.", "Why do you ask?", "No.", "Later!", "..."])
def test_what_is_no_answer_is_not_learned(answer):
    assert dreamt(answer, details={"question": "What is your dog called?"}) == []


@pytest.mark.parametrize(
    ("text", "question"),
    [
        ("My boss is called Tamsin Okafor.", "Who is Tamsin Okafor?"),
        ("My boss is called Tamsin Okafor.", "Who is called Tamsin Okafor?"),
        ("I keep the key under the kettle.", "What is kettle to me?"),
        ("My car is red.", "What is red to me?"),
    ],
)
def test_reverse_questions_ask_from_the_news(text, question):
    statement = parse_statement(text)
    questions = reverse_questions(statement)
    assert question in questions
    news = statement.complement.replace("the ", "")
    assert all(holds(entry, news) for entry in questions)


@pytest.mark.parametrize(
    ("text", "question", "instead"),
    [
        ("My sister Orla works as a glaciologist.", "Who works as a glaciologist?", "What works as a glaciologist?"),
        ("Our neighbours came from Cork.", "Who came from Cork?", "What came from Cork?"),
    ],
)
def test_somebody_is_asked_for_by_who(text, question, instead):
    questions = reverse_questions(parse_statement(text))
    assert question in questions
    assert instead not in questions


@pytest.mark.parametrize("text", ["I am allergic to cashews.", "My favourite tea is smoked rooibos."])
def test_what_a_thing_is_in_general_is_not_asked(text):
    statement = parse_statement(text)
    questions = reverse_questions(statement)
    assert f"What is {statement.complement}?" not in questions
    assert f"What did I say about {statement.complement}?" in questions


@pytest.mark.parametrize("text", ["My dog's name is Biscuit.", "My boss is Tamsin Okafor.", "The code is 8830."])
def test_each_is_asked_once(text):
    questions = reverse_questions(parse_statement(text))
    assert len(set(questions)) == len(questions)


def test_what_one_does_oneself_is_not_asked_of_somebody_else():
    assert not any(entry.startswith("Which of mine") for entry in reverse_questions(parse_statement("I live in Cork.")))


@pytest.mark.parametrize(
    "text",
    [
        "My dog Rex is called Rex.",
        "I keep the key under the kettle.",
        "My favourite colour is teal.",
        "My pin is what.",
    ],
)
def test_cues_never_hold_the_news(text):
    statement = parse_statement(text)
    for seed in range(20):
        for cue in cues(statement, 6, random.Random(seed)):
            assert not holds(cue, statement.complement)


def test_cues_are_made_of_the_statements_own_words_without_repetition():
    statement = parse_statement("I keep the spare key under the kettle.")
    found = cues(statement, 6, random.Random(0))
    assert len(set(found)) == len(found) == 6
    assert all(any(word in cue for word in ("keep", "spare", "key")) for cue in found)
    assert cues(parse_statement("I am in Cork."), 6, random.Random(0)) == []
    assert cues(statement, 0, random.Random(0)) == []


def test_in_talk_a_question_stands_within_other_words():
    spoken = {in_talk("Where do I live?", random.Random(seed)) for seed in range(40)}
    assert "Hi! Where do I live?" in spoken
    assert "By the way, where do I live?" in spoken
    assert all("I forgot." in in_talk("I forgot.", random.Random(seed)) for seed in range(20))


def test_the_same_seed_dreams_the_same():
    assert dreamt(seed=5) == dreamt(seed=5)
    assert dreamt(seed=5) != dreamt(seed=6)


@given(st.text(max_size=80), st.integers(0, 20))
def test_no_text_breaks_it(text, per_memory):
    for entry in verify(dreamt(f"My thing is {text}.", per_memory=per_memory)):
        assert entry.verdict in ("accepted", "rejected")
