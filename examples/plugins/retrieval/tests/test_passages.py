from __future__ import annotations

import pytest

from sovl_core.events import Turn
from sovl_core.journal import Journal
from sovl_core.records import Message
from sovl_retrieval.passages import find_passages, forms_of, query_of, words_of


@pytest.fixture
def journal(tmp_path):
    opened = Journal(tmp_path / "journal.db")
    yield opened
    opened.close()


def say(journal, *texts, reply=""):
    numbers = [journal.begin_episode(text, "c").id for text in texts]
    for number in numbers if reply else ():
        journal.finish_episode(number, reply)
    return numbers


def found(journal, prompt, count=4, replies=False, **turn):
    return [passage.text for passage in find_passages(journal, Turn(prompt, **turn), count, replies)]


def test_the_rarest_words_say_what_is_meant(journal):
    say(journal, "My cat is called Marzipan", "My dog is called Bruno", "My boat is called Nansen", "It rains today")
    assert found(journal, "What is my dog called?")[0] == "My dog is called Bruno"
    assert len(found(journal, "What is my dog called?")) == 3
    assert found(journal, "What is my dog called?", count=1) == ["My dog is called Bruno"]


def test_singular_and_plural_find_each_other(journal):
    say(journal, "I have two dogs", "The boss is strict")
    assert found(journal, "Which dog is older?") == ["I have two dogs"]
    assert forms_of("dogs") == forms_of("dog") == {"dog", "dogs"}
    assert forms_of("boss") == {"boss", "bosss"}


def test_of_a_long_prompt_the_longest_words_are_looked_for(journal):
    say(journal, "My zebra finch is called Zarathustra")
    long = " ".join(f"w{number}a" for number in range(100))
    assert found(journal, f"{long} Zarathustra") == ["My zebra finch is called Zarathustra"]
    assert query_of({"a", "bbb", "cc"}).split()[0] == "bbb"


def test_nothing_is_found_where_no_word_says_anything(journal):
    say(journal, "What is it?", "My dog is called Bruno")
    assert found(journal, "What is it?") == found(journal, "...") == found(journal, "Why do you say so?") == []
    assert words_of("What is my dog called?") == {"dog", "called"}


def test_questions_the_present_turn_and_the_history_are_left_out(journal):
    dog, asked = say(journal, "My dog is called Bruno", "What is my dog called?")
    say(journal, "my dog  is called bruno")
    assert found(journal, "Tell me about my dog", episode=asked) == ["my dog  is called bruno"]
    assert found(journal, "My dog is called Bruno", episode=dog) == []
    assert found(journal, "And the dog?", history=[Message("user", "My dog is called Bruno")]) == []


def test_what_was_superseded_is_left_out(journal):
    old, new = say(journal, "My dog is called Bruno", "My dog is called Rex")
    journal.supersede(old, new)
    assert found(journal, "What is my dog called?") == ["My dog is called Rex"]


def test_replies_only_where_they_are_wanted(journal):
    say(journal, "Name a planet", reply="Saturn has rings.")
    assert found(journal, "Which planet has rings?") == ["Name a planet"]
    assert found(journal, "Which planet has rings?", replies=True) == ["Name a planet", "Saturn has rings."]


def test_likeness_is_the_share_of_words(journal):
    say(journal, "My dog is called Bruno")
    (passage,) = find_passages(journal, Turn("How old is the dog called Bruno today?"), 4, False)
    assert passage.likeness == pytest.approx(3 / 5)
