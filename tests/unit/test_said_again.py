from __future__ import annotations

from typing import Any

import pytest

from sovl_core.said_again import said_again, says, sentences

pytestmark = pytest.mark.no_torch


def repeats(forgotten: str, text: str) -> bool:
    return any(says(text, sentence) for sentence in sentences(forgotten))


@pytest.mark.parametrize(
    ("forgotten", "text"),
    [
        ("I am allergic to cashews.", "You are allergic to cashews, so take care."),
        ("I am allergic to cashews.", "An allergic reaction to a cashew is no joke."),
        ("My dog is called Biscuit.", "Biscuit is a lovely name for a dog!"),
        ("I was born in 1984 in Graz.", "Born 1984, Graz"),
        ("It rains. My dog is called Biscuit.", "MY DOG: BISCUIT"),
        ("Zanzibar", "I think it was zanzibar."),
        ("Ich bin gegen Erdnüsse allergisch.", "Du bist gegen Erdnüsse allergisch."),
        ("我对花生过敏。", "我对花生过敏。"),
    ],
)
def test_what_says_the_same_in_nearly_the_same_words(forgotten: str, text: str) -> None:
    assert repeats(forgotten, text)


@pytest.mark.parametrize(
    ("forgotten", "text"),
    [
        ("I am allergic to cashews.", "I am allergic to pollen."),
        ("My dog is called Biscuit.", "My dog is called Rex."),
        ("My dog is called Biscuit.", "Biscuit and tea, please."),
        ("I was born in 1984.", "I was born in Graz."),
        ("I was there with them, and you.", "You were there, and so was I."),
        ("", "anything"),
        ("I am!", "I am!"),
    ],
)
def test_what_says_something_else(forgotten: str, text: str) -> None:
    assert not repeats(forgotten, text)


def told(journal: Any, prompt: str, reply: str = "") -> Any:
    episode = journal.begin_episode(prompt, "c")
    return journal.finish_episode(episode.id, reply) if reply else episode


@pytest.mark.parametrize("indexed", [True, False])
def test_turns_that_say_it_too_are_found_in_prompts_and_replies(journal: Any, mocker: Any, indexed: bool) -> None:
    if not indexed:
        mocker.patch.object(journal._database, "has_search_index", False)
    told(journal, "I am allergic to cashews.", "I see.")
    told(journal, "What may I eat?", "No cashews: you are allergic to them.")
    told(journal, "Cashews make me ill.")
    told(journal, "Remember: allergic, cashew!")
    forgotten = journal.episode(1)
    journal.forget_episodes([1])
    assert said_again(journal, [forgotten]) == [2, 4]


def test_of_a_question_the_reply_is_what_was_said(journal: Any) -> None:
    told(journal, "What is my dog called?", "Your dog is called Biscuit.")
    told(journal, "My dog is called Biscuit.")
    told(journal, "What is my cat called?", "I do not know what your dog is called.")
    forgotten = journal.episode(1)
    journal.forget_episodes([1])
    assert said_again(journal, [forgotten]) == [2]
