"""Whether a question asks of somebody or something else than what was told."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sovl_cross_attention.practice import lessons
from sovl_cross_attention.somebody_else import KIN, KINDS, asks_of_another

pytestmark = pytest.mark.no_torch


@pytest.mark.parametrize(
    ("told", "prompt"),
    [
        # Relatives.
        ("My mum collects stamps.", "What does my uncle collect?"),
        ("I hid mum's present in the piano stool", "where did i hide dad's present?"),
        ("I was born in Trondheim.", "Where was my father born?"),
        ("My brother-in-law collects corkscrews.", "What does my uncle collect?"),
        # Names.
        ("my best friend Tamsin just moved to Wexcombe", "where does my friend Priya live these days?"),
        ("Anna from sales is allergic to nuts.", "What is Yusuf from sales allergic to?"),
        ("My accountant's name is Noor.", "Who is Nora?"),
        ("My cat's name is Tom.", "What's the name of Ngozi's tortoise?"),
        ("Project Marlin ships on 4 May.", "When does Project Heron ship?"),
        # Things of one kind.
        ("I sprained my ankle.", "how did i hurt my wrist?"),
        ("My piano teacher is Mrs. Abernathy.", "Who teaches me the guitar?"),
        ("Bin day is Tuesday.", "What do we put out on Thursdays?"),
        ("The code for the shed is 7725.", "What's the code for the garage?"),
    ],
)
def test_it_asks_of_another(told, prompt):
    assert asks_of_another(told, prompt)


@pytest.mark.parametrize(
    ("told", "prompt"),
    [
        ("My mum collects stamps.", "What does mother collect?"),
        ("My brother-in-law collects corkscrews.", "What does my sister's husband collect, or my brother-in-law?"),
        ("My mother lives in Bonn.", "Where do my parents live, mother above all?"),
        ("My parents live in Bonn.", "Where does my father live?"),
        ("I live with Anna.", "Where do I live with my wife?"),
        ("My cat's name is Tom.", "What is my cat called, and the dog?"),
        ("Tamsin moved to Wexcombe", "what's Tamsin's new town?"),
        ("Tamsin ships it on 4 May.", "When does Tamsin Okafor ship it?"),
        ("Project Marlin ships on 4 May.", "When does Project Marlin ship?"),
        ("My landlord is called Mr Petrov.", "Tell me of him."),
        ("I broke my ankle.", "When can I get back to work?"),
        ("My dog is called Biscuit.", "What's its name?"),
        ("My flight is in May.", "When in June is my flight? Is May right?"),
        # "Is it on Monday?" is answered by the day that it is on.
        ("Bin day is Tuesday.", "Is bin day on Monday?"),
        ("Das Codewort ist Regenschirm.", "Wie heißt das Codewort?"),
        ("", ""),
    ],
)
def test_it_does_not(told, prompt):
    assert not asks_of_another(told, prompt)


def test_no_practice_that_is_answered_asks_of_another_and_much_that_is_not_does():
    assert not [(each.told, q) for each in lessons() for q in each.answered if asks_of_another(each.told, q)]
    assert sum(asks_of_another(each.told, q) for each in lessons() for q in each.unanswered) > 60


def test_a_word_is_of_one_member_of_a_kind():
    for kind in (*KINDS, KIN):
        assert sum(map(len, kind)) == len(frozenset().union(*kind))


@given(st.text(max_size=80), st.text(max_size=80))
def test_no_text_breaks_it(told, prompt):
    assert asks_of_another(told, prompt) in (True, False)
    assert not asks_of_another(prompt, prompt)
