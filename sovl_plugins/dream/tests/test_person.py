"""Grammatical person, there and back."""

from __future__ import annotations

import pytest

from sovl_dream.person import to_first_person, to_second_person

pytestmark = pytest.mark.no_torch


@pytest.mark.parametrize(
    ("said", "back"),
    [
        ("I was born in May.", "You were born in May."),
        ("I really was there.", "You really were there."),
        ("My dog's name is Biscuit.", "Your dog's name is Biscuit."),
        ("Our car is red.", "Your car is red."),
        ("I'm allergic to nuts.", "You're allergic to nuts."),
        ("I’ve moved.", "You've moved."),
        ("I am late.", "You are late."),
        ("My shift starts at 9 am.", "Your shift starts at 9 am."),
        ("We'll go to Rome and we'd stay.", "You'll go to Rome and you'd stay."),
        ("My uncle taught me chess.", "Your uncle taught you chess."),
        ("The house is mine.", "The house is yours."),
        ("Project Falcon ships in May.", "Project Falcon ships in May."),
        ("Mimi lives in Miami.", "Mimi lives in Miami."),
        ("I live in the US.", "You live in the US."),
        ("I work in a mine.", "You work in a mine."),
        ("My grandfather fought in World War I.", "Your grandfather fought in World War I."),
        ("My favourite song is My Way.", "Your favourite song is My Way."),
        ("My favourite song is I Will Survive.", "Your favourite song is I Will Survive."),
        ("My wife Anna and I met in May.", "Your wife Anna and you met in May."),
        ("In May I went home.", "In May you went home."),
        ("I wasn't born in Oslo.", "You weren't born in Oslo."),
        ("", ""),
    ],
)
def test_what_the_user_says_is_said_back_to_them(said, back):
    assert to_second_person(said) == back


@pytest.mark.parametrize(
    ("asked", "back"),
    [
        ("What is your name?", "What is my name?"),
        ("Where do you live?", "Where do I live?"),
        ("Are you from Rome?", "Am I from Rome?"),
        ("Where are you from?", "Where am I from?"),
        ("Were you born in May?", "Was I born in May?"),
        ("What makes you happy?", "What makes me happy?"),
        ("Who taught you chess?", "Who taught me chess?"),
        ("Your uncle taught you chess.", "My uncle taught me chess."),
        ("You were born in May.", "I was born in May."),
        ("You keep the key here.", "I keep the key here."),
        ("You're late.", "I'm late."),
        ("Is the house yours?", "Is the house mine?"),
        ("Is there anything that you like?", "Is there anything that I like?"),
        ("Who wrote Hamlet?", "Who wrote Hamlet?"),
    ],
)
def test_a_question_to_the_user_becomes_one_of_theirs(asked, back):
    assert to_first_person(asked) == back


@pytest.mark.parametrize("said", ["I was born in May.", "My cat is Pixel.", "I am late.", "My uncle taught me chess."])
def test_there_and_back_is_what_was_said(said):
    assert to_first_person(to_second_person(said)) == said
