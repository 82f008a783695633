"""Verification: each reason for which a dream is rejected."""

from __future__ import annotations

import pytest

from sovl_core.events import Dream
from sovl_dream.verification import holds, verify

pytestmark = pytest.mark.no_torch


def a_dream(prompt="What is my dog called?", completion="Your dog is called Rex.", kind="question", **fields):
    return Dream(kind, prompt, completion, **{"parents": [1], "answer": "Rex", **fields})


def verdict(dream):
    verify([dream])
    return dream.verdict, dream.why


def test_a_sound_dream_is_accepted_in_place():
    dreams = [a_dream()]
    assert verify(dreams) is dreams
    assert (dreams[0].verdict, dreams[0].why) == ("accepted", "")


@pytest.mark.parametrize(
    ("dream", "why"),
    [
        (a_dream(prompt="  "), "empty"),
        (a_dream(completion=" \n"), "empty"),
        (a_dream(completion="Your dog is called Max."), "does not hold"),
        (a_dream(completion="Your dog is called Rexford."), "does not hold"),
        (a_dream(prompt="Is my dog REX?"), "gives the answer away"),
        (a_dream(prompt="Hey, is it Rex?", kind="dialogue"), "gives the answer away"),
    ],
)
def test_objections(dream, why):
    result, reason = verdict(dream)
    assert result == "rejected"
    assert why in reason


def test_reverse_dreams_may_name_the_answer():
    assert verdict(a_dream("Who is Rex?", kind="reverse"))[0] == "accepted"


def test_an_answer_that_only_hides_in_a_longer_word_is_not_given_away():
    dream = a_dream("What is my son called?", "Your son is called Al.", answer="Al")
    assert verdict(dream)[0] == "accepted"
    dream = a_dream("What about my blood type?", "Your blood type is A.", answer="A")
    assert verdict(dream)[0] == "accepted"


def test_background_needs_no_answer():
    assert verdict(Dream("background", "Hello!", "Hello."))[0] == "accepted"


def test_a_second_dream_with_the_same_prompt_is_rejected():
    first, second = verify([a_dream(), a_dream(prompt="what is  my dog CALLED?")])
    assert first.verdict == "accepted"
    assert (second.verdict, second.why) == ("rejected", "another dream has the same prompt")


def test_a_rejected_dream_does_not_stand_in_the_way_of_a_better_one():
    first, second = verify([a_dream(completion="Woof."), a_dream()])
    assert (first.verdict, second.verdict) == ("rejected", "accepted")


def test_a_prompt_with_two_answers_is_rejected_for_both():
    other = a_dream(completion="Your dog is Max.", answer="Max", parents=[2])
    dreams = verify([a_dream(), other])
    assert [(d.verdict, d.why) for d in dreams] == [("rejected", "the prompt has several answers")] * 2
    # Also where one memory tells of two.
    dreams = verify([a_dream(), a_dream(completion="Your dog is Max.", answer="Max")])
    assert [d.verdict for d in dreams] == ["rejected", "rejected"]
    # A description beside a name is no second answer.
    number, place = (
        a_dream(completion="Your dog is number 3817.", answer="number 3817"),
        a_dream(completion="Your dog is by the door.", answer="by the door"),
    )
    assert [(d.verdict, d.why) for d in verify([place, number])] == [
        ("rejected", "its memory answers the prompt otherwise"),
        ("accepted", ""),
    ]


def test_a_prompt_with_two_answers_in_one_completion_is_asked_once():
    both = "You have a dog. Your dog is called Rex."
    dreams = verify([a_dream(completion=both), a_dream(completion=both, answer="a dog")])
    assert [(d.verdict, d.why) for d in dreams] == [
        ("accepted", ""),
        ("rejected", "another dream has the same prompt"),
    ]


def test_what_is_told_twice_is_learned_once():
    again = a_dream(parents=[2])
    longer = a_dream(completion="Your dog is Rex, of course.", answer="your dog is Rex, of course", parents=[3])
    assert [d.verdict for d in verify([a_dream(), again, longer])] == ["accepted", "rejected", "rejected"]
    assert again.why == "another dream has the same prompt"


def test_of_two_memories_that_differ_the_later_is_learned():
    old, new = a_dream(), a_dream(completion="Your dog is Max.", answer="Max", parents=[2])
    assert [(d.verdict, d.why) for d in verify([old, new], {(1, old.completion)})] == [
        ("rejected", "a later memory tells otherwise"),
        ("accepted", ""),
    ]


@pytest.mark.parametrize(
    ("text", "phrase", "held"),
    [
        ("Your dog is Rex.", "rex", True),
        ("Your dog is Rexford.", "rex", False),
        ("It costs $5.", "$5", True),
        ("It costs $55.", "$5", False),
        ("Al", "Al", True),
        ("", "Al", False),
    ],
)
def test_whole_words(text, phrase, held):
    assert holds(text, phrase) is held
