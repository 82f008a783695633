"""What is said in one breath, taken apart."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sovl_core.records import Episode
from sovl_dream.clauses import clauses, is_mood, parsed_clauses, standing_alone, without_asides
from sovl_dream.memories import statements_in
from sovl_dream.statement import parse_statement

pytestmark = pytest.mark.no_torch


def told(prompt):
    return [statement.text for statement in statements_in(Episode(1, "c", prompt))]


@pytest.mark.parametrize(
    ("prompt", "texts"),
    [
        # Pronouns.
        ("we finally got a puppy, she's called Moxie", ["We finally got a puppy", "My puppy is called Moxie"]),
        ("My aunt keeps bees and she sells the honey.", ["My aunt keeps bees", "My aunt sells the honey"]),
        ("I dyed my hair last night and now it's blue lol", ["I dyed my hair last night", "My hair is blue"]),
        ("I have a bike, it's a Brompton.", ["I have a bike", "My bike is a Brompton"]),
        ("dad drives a van and he's named it Gus", ["My dad drives a van", "My dad's van is called Gus"]),
        ("My parents live in Ayr, they've got a farm.", ["My parents live in Ayr", "My parents have got a farm"]),
        ("My boss, Ann, goes on leave and Bo has the keys.", ["My boss, Ann, goes on leave", "Bo has the keys"]),
        ("My sister has a cat, she's called Mia.", ["My sister has a cat", "My sister's cat is called Mia"]),
        ("My boss met my sister, she is ill.", ["My boss met my sister"]),
        ("My brother lives in Bonn, she is a nurse.", ["My brother lives in Bonn"]),
        (
            "My boss is away and Eva Lund will stand in for her.",
            ["My boss is away", "Eva Lund will stand in for my boss"],
        ),
        ("My wife's name is Ann, and she works at a bank.", ["My wife's name is Ann", "My wife works at a bank"]),
        ("I got a job at Pellow's, it's a record shop.", ["I got a job at Pellow's", "Pellow's is a record shop"]),
        ("omg we got a goat!! calling him Pip lol", ["We got a goat", "My goat is called Pip"]),
        ("When my aunt gave up the farm, she bought a house in Kirk.", ["My aunt bought a house in Kirk"]),
        ("Although most people commute by train, I come by kayak.", ["I come by kayak"]),
        # What is no clause of its own.
        ("I live in Cork with my dog and my cat.", ["I live in Cork with my dog and my cat"]),
        ("My sister and I share a room.", ["My sister and I share a room"]),
        ("My dog isn't called Rex, it's Max.", ["My dog is called Max"]),
        (
            "My brother told me he's moving, and I will help him.",
            ["My brother told me he's moving, and I will help him"],
        ),
        # What stands beside the news.
        ("My driving test is on the 19th, I'm so nervous", ["My driving test is on the 19th"]),
        ("My gamer tag's quill_88 if you ever need it", ["My gamer tag is quill_88"]),
        ("My cousin Bronte's gone off to uni, how cool is that", ["My cousin Bronte has gone off to uni"]),
        ("I hid the ring in the piano stool, so don't let me forget", ["I hid the ring in the piano stool"]),
        ("The spare keys are in the tin, just so you know.", ["The spare keys are in the tin"]),
        ("My curfew's 10:40, which is such a random time", ["My curfew is 10:40"]),
        ("My coach is called Pia, she's strict but she's fair", ["My coach is called Pia"]),
        ("so yeah my cousin Jo's moving to Tallinn, so jealous", ["My cousin Jo is moving to Tallinn"]),
        ("my gym buddy's name's Hakeem btw", ["My gym buddy's name is Hakeem"]),
        (
            "The novel I have been writing, which is long, is called Dusk.",
            ["The novel I have been writing is called Dusk"],
        ),
        # Led in.
        ("can't do peaches, they make my mouth swell", ["I cannot do peaches"]),
        ("honestly can't stand coriander", ["I cannot stand coriander"]),
        ("Got a new job at Volvo.", ["I got a new job at Volvo"]),
        ("Me and Jo have been together since July 8th!", ["Jo and I have been together since July 8th"]),
        ("At the canteen I always have the soup.", ["I always have the soup at the canteen"]),
        ("If you need me at my desk, the extension is 7046.", ["The extension is 7046"]),
        ("It was Thandi who lent me the money.", ["Thandi lent me the money"]),
        ("My locker's number 3817.", ["My locker is number 3817"]),
        ("My brother's wedding is on May 4.", ["My brother's wedding is on May 4"]),
    ],
)
def test_each_clause_stands_by_itself(prompt, texts):
    assert told(prompt) == texts


def test_who_was_spoken_of_in_the_sentence_before_is_meant():
    assert told("I adopted a greyhound. She's terrified of stairs.")[-1] == "My greyhound is terrified of stairs"
    assert told("I adopted a greyhound. What a day! She's terrified of stairs.") == ["I adopted a greyhound"]


def test_a_pronoun_without_anybody_to_stand_for_says_nothing():
    assert standing_alone("she's a nurse", None) == ""
    assert standing_alone("it'll take ages", parse_statement("I have a bike.")) == ""
    assert standing_alone("My cat is grey", None) == "My cat is grey"


def test_what_is_felt_just_now_is_a_mood_and_what_one_is_is_none():
    assert is_mood("I'm so nervous")
    assert is_mood("it's pretty weird tbh")
    assert not is_mood("I'm vegetarian")
    assert not is_mood("it's in the shed")


@given(st.text(max_size=80))
def test_nothing_that_is_left_out_is_made_up(text):
    for clause in clauses(text):
        assert clause
        assert clause in without_asides(text)
    for statement in parsed_clauses(text):
        assert statement.complement
