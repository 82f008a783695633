from __future__ import annotations

import random

import pytest

from sovl_core.error_handling import BadInput
from sovl_core.events import Dream, Feedback

pytestmark = pytest.mark.no_torch


def say(journal, *prompts, conversation="c", reply=""):
    episodes = [journal.begin_episode(prompt, conversation) for prompt in prompts]
    if reply:
        episodes = [journal.finish_episode(episode.id, reply) for episode in episodes]
    return [episode.id for episode in episodes]


def learn(journal, ids):
    number = journal.open_night(journal.current_night(), "command", {})
    journal.accept_night(number, "accepted", ids, {})
    return number


def ids(episodes):
    return [episode.id for episode in episodes]


def test_episode_is_written_before_the_reply_exists(journal, clock):
    begun = journal.begin_episode("My dog is Bruno", "c", source="tell", weight=1.2, details={"client": "x"})

    assert journal.episode(begun.id) == begun
    assert (begun.prompt, begun.reply, begun.source, begun.weight) == ("My dog is Bruno", "", "tell", 1.2)
    assert (begun.created, begun.learnable, begun.night) == (clock.now, True, None)


def test_reply_and_its_details_are_added(journal):
    begun = journal.begin_episode("Hello", "c", details={"client": "x", "tokens": 1})
    finished = journal.finish_episode(begun.id, "Hi!", confidence=0.75, details={"tokens": 2})

    assert journal.episode(begun.id) == finished
    assert (finished.reply, finished.confidence) == ("Hi!", 0.75)
    assert finished.details == {"client": "x", "tokens": 2}


def test_episode_that_is_not_there(journal):
    assert journal.episode(7) is None
    for change in (
        lambda: journal.finish_episode(7, "x"),
        lambda: journal.set_learnable(7, False),
        lambda: journal.forget_episodes([7]),
        lambda: journal.supersede(7, 8),
    ):
        with pytest.raises(BadInput, match="no episode 7"):
            change()


def test_pages_of_episodes_newest_first(journal):
    numbers = say(journal, *"abcde")

    assert ids(journal.episodes(limit=2)) == numbers[:-3:-1]
    assert ids(journal.episodes(limit=2, before=numbers[3])) == [numbers[2], numbers[1]]
    assert ids(journal.episodes(limit=None)) == numbers[::-1]
    assert ids(journal.episodes(limit=0)) == []


def test_episodes_of_one_conversation(journal):
    here = say(journal, "a", "b", conversation="here")
    there = say(journal, "c", conversation="there")
    here += say(journal, "d", conversation="here")

    assert ids(journal.episodes(conversation="here")) == here[::-1]
    assert ids(journal.episodes(conversation="here", before=here[2], limit=1)) == [here[1]]
    assert ids(journal.episodes(conversation="there")) == there


def test_unconsolidated_are_learnable_current_and_not_yet_learned(journal):
    learned, secret, wrong, right, fresh = say(journal, *"abcde")
    learn(journal, [learned])
    journal.set_learnable(secret, False, why="a password")
    journal.supersede(wrong, right)

    assert ids(journal.unconsolidated()) == [right, fresh]
    assert ids(journal.unconsolidated(limit=1)) == [right]
    assert ids(journal.consolidated()) == [learned]
    assert (journal.count_episodes(), journal.count_unconsolidated(), journal.count_consolidated()) == (5, 2, 1)


def test_consolidated_with_a_limit_are_the_most_recent_oldest_first(journal):
    numbers = say(journal, *"abcd")
    learn(journal, numbers)

    assert ids(journal.consolidated(limit=2)) == numbers[2:]
    assert ids(journal.consolidated()) == numbers


def test_learned_memory_that_is_contradicted_is_not_rehearsed(journal):
    old, new = say(journal, "My dog is Bruno", "My dog is Rex")
    learn(journal, [old])
    journal.supersede(old, new)

    assert journal.consolidated() == []
    assert journal.episode(old).superseded_by == new


def test_what_was_deleted_superseded_or_kept_from_learning_is_not_to_be_recalled(journal):
    old, new, gone, secret, fresh = say(journal, *"abcde")
    learn(journal, [old, gone, secret])
    journal.supersede(old, new)
    journal.forget_episodes([gone])
    journal.set_learnable(secret, False)

    assert journal.still_true([old, new, gone, secret, fresh, 99]) == {new, fresh}
    assert journal.still_true([]) == set()


def test_superseding_in_a_circle_is_refused(journal):
    first, second, third = say(journal, *"abc")
    journal.supersede(first, second)
    journal.supersede(second, third)

    for old, new in [(third, first), (second, first), (first, first)]:
        with pytest.raises(BadInput, match="cannot supersede"):
            journal.supersede(old, new)
    with pytest.raises(BadInput, match="no episode 99"):
        journal.supersede(third, 99)


def test_why_something_is_not_learned_is_kept_and_goes_with_it(journal):
    (number,) = say(journal, "the code is 1234")
    journal.set_learnable(number, False, why="a secret")
    assert journal.episode(number).details == {"learnable_why": "a secret"}
    assert not journal.episode(number).learnable

    journal.set_learnable(number, True)
    assert journal.episode(number).details == {}
    assert journal.episode(number).learnable


def test_deleting_takes_along_what_was_made_of_it(journal):
    gone, kept = say(journal, "my code is 1234", "hello")
    night = learn(journal, [gone, kept])
    journal.add_dreams(night, [Dream("question", "my code?", "1234", parents=[kept, gone])])
    (other,) = journal.add_dreams(night, [Dream("question", "hi?", "hello", parents=[kept])])
    journal.add_feedback(Feedback("correction", text="no, 1235", episode=gone))
    journal.add_metric("surprise", 2.0, episode=gone)
    question = journal.add_question("what is it for?", "curiosity", episode=gone)

    journal.forget_episodes([gone])

    assert journal.episode(gone) is None
    assert [dream.id for dream in journal.dreams()] == [other.id]
    assert journal.feedback() == []
    assert journal.metrics("surprise") == []
    assert journal.question(question.id) is None
    assert journal.search("1234") == []
    assert (journal.count_episodes(), journal.count_consolidated(), journal.count_dreams()) == (1, 1, 1)
    assert journal.check() == []


def test_deleting_a_correction_brings_back_what_it_corrected(journal):
    old, new = say(journal, "Bruno", "Rex")
    journal.supersede(old, new)
    journal.forget_episodes([new])

    assert ids(journal.unconsolidated()) == [old]
    assert journal.count_unconsolidated() == 1


def test_number_of_a_deleted_episode_is_not_given_again(journal):
    (gone,) = say(journal, "a")
    journal.forget_episodes([gone])

    assert say(journal, "b") != [gone]


def test_sample_of_what_was_learned(journal):
    numbers = say(journal, *map(str, range(60)))
    learned = [number for number in numbers if number % 3]
    learn(journal, learned)

    seen = set()
    for seed in range(20):
        sample = ids(journal.sample_consolidated(10, random.Random(seed)))
        assert len(set(sample)) == 10
        assert sample == sorted(sample)
        seen.update(sample)
    assert seen == set(learned)
    assert len(set(ids(journal.sample_consolidated(39, random.Random(0))))) == 39
    assert ids(journal.sample_consolidated(40, random.Random(0))) == learned
    assert ids(journal.sample_consolidated(1000, random.Random(0))) == learned
    assert journal.sample_consolidated(0, random.Random(0)) == []


def test_sample_of_nothing_is_empty(journal):
    say(journal, "a")

    assert journal.sample_consolidated(5, random.Random(0)) == []


def test_the_last_episode_with_a_reply(journal):
    assert journal.last_answered() is None
    first = journal.begin_episode("a", "talk")
    journal.begin_episode("told", "talk")
    assert journal.last_answered() is None
    journal.finish_episode(first.id, "A")
    assert journal.last_answered().id == first.id


def test_words_are_screened_before_they_are_written(journal):
    entries = []

    def screen(entry):
        entries.append((entry.text, entry.part, entry.source, entry.conversation))
        entry.text = entry.text.replace("1234", "****")

    journal.screen = screen
    begun = journal.begin_episode("The code is 1234", "c", source="tell")
    finished = journal.finish_episode(begun.id, "1234, I see", details={"tokens": 3, "token_ids": [1, 2, 3]})

    assert entries == [("The code is 1234", "prompt", "tell", "c"), ("1234, I see", "reply", "tell", "c")]
    assert journal.episode(begun.id) == finished
    assert (finished.prompt, finished.reply) == ("The code is ****", "****, I see")
    # The ids would spell it out.
    assert finished.details == {"tokens": 3}
    unchanged = journal.finish_episode(begun.id, "I see", details={"token_ids": [3]})
    assert unchanged.details["token_ids"] == [3]
