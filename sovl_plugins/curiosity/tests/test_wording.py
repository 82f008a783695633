"""Questions as text: what passes, what does not and why, plain questions that always pass as grammar."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sovl_curiosity.wording import content_words, first_question, plain_question, reads_as_question

pytestmark = pytest.mark.no_torch

SAID = "I adopted a grey rabbit called Biscuit last week."


@pytest.mark.parametrize(
    "question",
    [
        "What does Biscuit like to eat?",
        "Where did you adopt the rabbit?",
        "Is the rabbit friendly?",
        "Why did you adopt Biscuit?",
        "How old are rabbits when they leave their mother?",
    ],
)
def test_questions_about_what_was_said_pass(question):
    assert reads_as_question(question, SAID)


@pytest.mark.parametrize(
    ("text", "because"),
    [
        ("Tell me about Biscuit.", "no question mark"),
        ("Biscuit is a rabbit, right?", "opens with no question word"),
        ("Why?", "too short"),
        ("What is the capital of France?", "about something else"),
        ("What is my rabbit eating?", "mine and yours mixed up"),
        ("Is the rabbit called Biscuit?", "nothing new in it"),
        ("What is the grey rabbit called?", "answered already"),
        ("Is " + "the rabbit and " * 10 + "Biscuit happy?", "too long"),
        ("", "empty"),
        ("?", "no word"),
    ],
)
def test_other_texts_do_not(text, because):
    assert not reads_as_question(text, SAID), because


def test_the_users_own_question_is_not_asked_back():
    assert not reads_as_question("What does a rabbit eat?", "Tell me: what does a rabbit eat?")


@pytest.mark.parametrize(
    ("written", "question"),
    [
        ("What does it eat?", "What does it eat?"),
        ("Question: What does it eat? I wonder.", "What does it eat?"),
        ('"What does it eat?"', "What does it eat?"),
        ("That is nice! What does it eat?\nAnd why?", "What does it eat?"),
        ("Sure.\n\n- How  old\tis it?", "- How old is it?"),
        ("I do not know.", ""),
        ("", ""),
        ("?", ""),
    ],
)
def test_the_first_question_is_taken_out(written, question):
    assert first_question(written) == question


@pytest.mark.parametrize(
    ("said", "question"),
    [
        ("I adopted a rabbit called Biscuit.", "Can you tell me more about Biscuit?"),
        ("Last year we went to New York.", "Can you tell me more about New York?"),
        ("my sister is a nurse", "Can you tell me more about your sister?"),
        ("Yesterday my old dog was ill.", "Can you tell me more about your old dog?"),
        ("He sleeps in a box.", "Can you tell me more about the box?"),
        ("The weather is bad and my knee hurts.", "Can you tell me more about your knee?"),
        ("I love my old cats.", "Can you tell me more about your old cats?"),
        ("i like hiking", 'What should I know about "hiking"?'),
        ("ok", None),
        ("", None),
        ("Hello you!", None),
    ],
)
def test_a_plain_question_needs_no_model(said, question):
    assert plain_question(said) == question


@given(st.text(max_size=200))
def test_no_text_breaks_the_reading(text):
    question = first_question(text)
    assert question == "" or question.endswith("?")
    assert reads_as_question(text, text) is False
    plain = plain_question(text)
    assert plain is None or plain.endswith("?")
    assert all(word for word in content_words(text))


def test_endings_do_not_hide_what_is_the_same():
    assert content_words("my dog's toys") == content_words("dog toy")
