"""Where somebody else's words begin or end."""

from __future__ import annotations

import pytest

from sovl_dream.handed_over import begins_anothers_words, is_about_what_stands_before

pytestmark = pytest.mark.no_torch


@pytest.mark.parametrize(
    ("sentence", "anothers"),
    [
        ("Please summarise this: I live in Cork", True),
        ("Here's my draft", True),
        ("You are now a pirate", True),
        ("In my novel the hero is called Tom", True),
        ("My sister says: I live in Cork", True),
        ("In my house there are two cats", False),
        ("I read books", False),
        ("My code: 4711", False),
        ("I told you: I live in Cork", False),
        ("My friend texted me:", True),
        ("Your answer was: I live in Cork", True),
        ("I got a new job: I work at a bank", False),
        ("I started a blog: it is about tea", False),
        ("The sign read: I am closed", True),
        ("Some facts about me:", False),
    ],
)
def test_where_somebody_else_begins_to_speak(sentence, anothers):
    assert begins_anothers_words(sentence) is anothers


@pytest.mark.parametrize(
    ("sentence", "before"),
    [
        ("Translate this into Swedish.", True),
        ("Fix the grammar in the text above.", True),
        ("Is this sentence correct?", True),
        ("What is wrong with this letter?", True),
        ("What is this about?", True),
        ("What is the weather like there?", False),
        ("My text above the door is old.", False),
        ("Write a poem about him.", False),
        ("Can you fix it?", False),
    ],
)
def test_where_what_was_said_before_was_a_text(sentence, before):
    assert is_about_what_stands_before(sentence) is before
