"""What of an episode is worth a dream."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sovl_core.records import Episode
from sovl_dream.memories import LONGEST, statements_in

pytestmark = pytest.mark.no_torch


def told(prompt):
    return [statement.text for statement in statements_in(Episode(1, "c", prompt))]


@pytest.mark.parametrize(
    "prompt",
    [
        "What is my dog called?",
        "Tell me about my dog.",
        "Can you help me with this",
        "Thanks, my dear friend.",
        "Good morning to all of you.",
        "That is a nice idea.",
        "I want you to sing a song.",
        "Name a famous composer.",
        "Remind me how photosynthesis works.",
        "Help me think of a name for a boat.",
        "List my favourite things.",
        "> My dog is called Rex.",
        "# My dog is called Rex.",
        '"My dog is called Rex."',
        "```\nMy dog is called Rex.\n```",
        "```\nMy dog is called Rex.",
        "My brother likes it.",
        "My sister told them so.",
        "I love you too.",
        "My dog is " + "very " * LONGEST + "big.",
        "",
        "“My dog is called Rex.”",
        "| My dog is called Rex |",
        'She wrote: "My dog is dead. I am sad."',
        "Summarise this text: My dog is called Rex. I live in Cork.",
        "Please translate the following.\nMy dog is called Rex.",
        "Can you correct this email? My dog is called Rex.\nI live in Cork.",
        "I am very tired of all this.",
        "I'm hungry now, really.",
        "I think so, my friend.",
        "Yes, of course, my friend.",
    ],
)
def test_what_tells_nothing_of_the_user_is_left_out(prompt):
    assert told(prompt) == []


def test_statements_come_in_order_and_the_rest_between_them_is_left_out():
    prompt = "Hello! My dog is called Rex. How are you?\nI live in Cork. Thanks for all.\n> My cat is called Tom."
    assert told(prompt) == ["My dog is called Rex", "I live in Cork"]


def test_a_greeting_before_a_statement_does_not_hide_it():
    assert told("Hi, my name is Ann.") == ["My name is Ann"]
    assert told("Please remember that my meeting is on Tuesday.") == ["My meeting is on Tuesday"]


@pytest.mark.parametrize(
    ("prompt", "texts"),
    [
        ("Yes, my dog is called Rex.", ["My dog is called Rex"]),
        ("No, thanks, I live in Cork.", ["I live in Cork"]),
        ("My doctor is called Dr. Smith. I live in Cork.", ["My doctor is called Dr. Smith", "I live in Cork"]),
        ("My hero is J. K. Rowling.", ["My hero is J. K. Rowling"]),
        ("My blood type is A. I live in Cork.", ["My blood type is A", "I live in Cork"]),
        ("My dog is called Rex and my cat is called Tom.", ["My dog is called Rex", "My cat is called Tom"]),
        ("I live in Cork, but I work in Dublin.", ["I live in Cork", "I work in Dublin"]),
        ("I live in Cork with my dog and my cat.", ["I live in Cork with my dog and my cat"]),
        ('My favourite book is "Emma".', ['My favourite book is "Emma"']),
    ],
)
def test_sentences_and_clauses(prompt, texts):
    assert told(prompt) == texts


def test_what_stands_around_pasted_text_is_kept():
    assert told("My dog is called Rex.\n```\nx is called y.\n```\nI live in Cork.") == [
        "My dog is called Rex",
        "I live in Cork",
    ]


@given(st.text(max_size=120))
def test_no_text_breaks_it(text):
    for statement in statements_in(Episode(1, "c", text)):
        assert statement.complement
