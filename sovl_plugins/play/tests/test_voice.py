"""The voice: how it asks the model, and how it chooses among what comes."""

from __future__ import annotations

import pytest

from sovl_core.error_handling import BadInput
from sovl_core.records import Message
from sovl_play.voice import Voice

pytestmark = pytest.mark.no_torch


def test_a_turn_carries_settings_options_and_purpose(context, script):
    script.texts = ["Well. And th"]
    history = [Message("user", "Hi"), Message("assistant", "Hello")]
    assert Voice(context, {"tokens": 7}).say("Say it", "dream", history) == "Well."
    (turn,) = script.turns
    assert (turn.prompt, turn.history, turn.purpose) == ("Say it", history, "dream")
    assert (turn.max_new_tokens, turn.temperature, turn.top_k) == (7, 0.8, 40)
    assert (turn.top_p, turn.repetition_penalty) == (0.95, 1.1)
    assert (turn.conversation, turn.episode, turn.use_scaffold) == ("", None, True)


def test_by_default_it_is_play_and_a_temperature_may_differ(context, script):
    Voice(context, {}).say("Say it", temperature=0.0)
    assert (script.turns[0].purpose, script.turns[0].temperature) == ("play", 0.0)


def test_the_same_seed_draws_the_same_lots(context, script):
    for _ in range(2):
        voice = Voice(context, {"seed": 5})
        voice.say("one")
        voice.say("two")
    Voice(context, {}).say("one")
    one, two, again, two_again, other = [turn.seed for turn in script.turns]
    assert (one, two) == (again, two_again)
    assert len({one, two, other}) == 3


def test_options_out_of_range_are_refused(context):
    with pytest.raises(BadInput, match="--tokens"):
        Voice(context, {"tokens": 0})


def choose(context, *texts, enough=1.0, **options):
    written = list(texts)
    return Voice(context, options).best_of(lambda: written.pop(0), len, enough), written


def test_the_best_of_several_is_chosen_and_no_more_are_written_than_needed(context):
    context.settings.attempts = 3
    assert choose(context, "aa", "aaaa", "a", "aaaaaa", enough=9) == ("aaaa", ["aaaaaa"])
    assert choose(context, "a", "aaa", "aa", enough=3) == ("aaa", ["aa"])


def test_nothing_is_chosen_of_what_is_worth_nothing(context):
    context.settings.attempts = 2
    assert choose(context, "", "", "a") == ("", ["a"])


def test_without_chance_one_is_enough(context):
    assert choose(context, "a", "aa", enough=9, temperature=0.0) == ("a", ["aa"])
