"""The first start of a life: a few words out of nothing, then a question, once and never again."""

from __future__ import annotations

import pytest

from sovl_core.events import Idle, Reply
from sovl_curiosity import CuriosityPlugin, CuriositySettings
from sovl_curiosity.asking import FIRST_QUESTION
from sovl_curiosity.queue import QuestionQueue
from sovl_curiosity.waking import WAKING_TEMPERATURE, Waking

pytestmark = pytest.mark.no_torch

LISTENING = Idle(4.0, "c")


@pytest.fixture
def queue(context):
    return QuestionQueue(context.journal, context.logger)


@pytest.fixture
def waking(context, queue):
    return Waking(context, queue)


@pytest.fixture
def awakening(context):
    """The whole plugin in a life that nothing was said to."""
    context.settings = CuriositySettings(eruption_chance=1.0)
    started = CuriosityPlugin()
    started.on_start(context)
    return started


def test_words_out_of_nothing_then_a_question(waking, script):
    script.questions = ["What do you do for a living?"]
    words, question = waking.speak("curiosity"), waking.speak("curiosity")
    assert (words.text, words.question, words.source) == ("Perhaps.", False, "curiosity")
    assert (question.text, question.question) == ("What do you do for a living?", True)
    babble = script.turns[0]
    assert (babble.prompt, babble.temperature, babble.max_new_tokens) == ("", WAKING_TEMPERATURE, 12)
    assert babble.purpose != "reply"
    assert WAKING_TEMPERATURE == 1.7


def test_the_seed_is_fresh(context, queue, script):
    Waking(context, queue).speak("curiosity")
    context.now += 1.0
    Waking(context, queue).speak("curiosity")
    assert len({turn.seed for turn in script.turns}) == 2


def test_where_no_words_come_the_question_does(context, queue):
    context.generate = lambda turn: Reply(" \n ")
    said = Waking(context, queue).speak("curiosity")
    assert (said.text, said.question) == (FIRST_QUESTION, True)


def test_a_queued_question_comes_first(waking, queue, script):
    queue.put("How did you sleep?", 10, None, {})
    assert waking.due
    waking.speak("curiosity")
    assert waking.speak("curiosity").text == "How did you sleep?"
    assert script.count("question") == 0


def test_it_wakes_up_once(waking):
    assert waking.due
    waking.speak("curiosity")
    assert waking.due
    waking.speak("curiosity")
    assert not waking.due


@pytest.mark.parametrize("lived", ["episode", "asked", "night"])
def test_a_life_that_has_lived_does_not_wake_up(context, waking, lived):
    journal = context.journal
    if lived == "episode":
        journal.begin_episode("Hello.", "c")
    elif lived == "asked":
        journal.add_question("What should I call you?", "curiosity", status="asked")
    else:
        journal.open_night(None, "train", {})
    assert not waking.due


def test_it_waits_for_the_models_and_for_a_pause(awakening, context, script):
    assert awakening.on_idle(Idle(1.0, "c", may_speak=False)) is None
    context.models_loaded = lambda: False
    assert awakening.on_idle(LISTENING) is None
    assert script.turns == []
    context.models_loaded = lambda: True
    assert awakening.on_idle(LISTENING).question is False
    assert awakening.on_idle(LISTENING).question is True
    assert awakening.on_idle(LISTENING) is None
    assert (awakening.tally.spontaneous, awakening.tally.asked) == (1, 1)


def test_somebody_who_speaks_meanwhile_is_not_asked(awakening, context):
    assert awakening.on_idle(LISTENING) is not None
    context.journal.begin_episode("Hello there.", "c")
    assert awakening.on_idle(LISTENING) is None


def test_a_setting_switches_it_off(awakening, script):
    awakening.settings.wake_up = False
    assert awakening.on_idle(LISTENING) is None
    assert script.turns == []
