from __future__ import annotations

import json

import pytest

from sovl_core.records import Episode
from sovl_ghostwriter.writing import dreams_from, messages_for

MEMORY = Episode(7, "c", "My dog is called Bruno.", weight=1.2)


def entry(question="What is my dog called?", answer="Your dog is called Bruno.", key="Bruno"):
    return {"question": question, "answer": answer, "key": key}


def verdicts(*entries):
    return [(dream.verdict, dream.why) for dream in dreams_from(json.dumps(entries), MEMORY, 50)]


def test_the_memory_is_what_is_asked_about():
    system, user = messages_for(MEMORY, 4)
    assert (system["role"], user["role"]) == ("system", "user")
    assert "My dog is called Bruno." in user["content"]
    assert "4 questions" in user["content"]


def test_a_dream_keeps_where_it_comes_from():
    (dream,) = dreams_from(json.dumps([entry()]), MEMORY, 6)
    assert (dream.kind, dream.prompt, dream.completion) == (
        "question",
        "What is my dog called?",
        "Your dog is called Bruno.",
    )
    assert (dream.parents, dream.answer, dream.weight, dream.verdict) == ([7], "Bruno", 1.2, "accepted")


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        (entry(question=""), "missing"),
        (entry(key=None), "missing"),
        (entry(answer="Bruno " * 100), "too long"),
        (entry(key="Rex", answer="It is Rex."), "not in the memory"),
        (entry(key="Brun"), "not in the memory"),
        (entry(answer="Your dog has a fine name."), "does not hold"),
        (entry(question="Is Bruno my dog?"), "gives the answer away"),
    ],
)
def test_what_does_not_hold_up_is_rejected_with_the_reason(wrong, why):
    ((verdict, given),) = verdicts(wrong)
    assert verdict == "rejected"
    assert why in given


def test_a_question_counts_once():
    assert [verdict for verdict, _ in verdicts(entry(), entry(question="what is my  dog called?"))] == [
        "accepted",
        "rejected",
    ]


def test_words_around_the_list_do_no_harm():
    answer = f"Here you are:\n```json\n{json.dumps([entry(), 'x', 3])}\n```\nEnjoy!"
    assert len(dreams_from(answer, MEMORY, 6)) == 1


@pytest.mark.parametrize("answer", ["", "Sorry, I cannot.", "[{", "]["])
def test_an_answer_without_a_list_has_no_dream(answer):
    assert dreams_from(answer, MEMORY, 6) == []


def test_one_in_six_is_held_out():
    many = [entry(question=f"Dog {number}?") for number in range(20)]
    dreams = dreams_from(json.dumps(many), MEMORY, 12)
    assert [dream.held_out for dream in dreams] == ([False] * 5 + [True]) * 2
