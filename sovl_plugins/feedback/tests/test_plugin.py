"""The plugin against a mocked context: what a turn, a rating, a command and a restart do."""

from __future__ import annotations

import subprocess
import sys

import pytest

from sovl_core.events import Feedback, Reply, Turn
from sovl_core.plugin import PluginState
from sovl_feedback import FeedbackPlugin


def live(plugin, turn, reply):
    """Run one turn through the wrapper as the plugin manager does."""
    steps = plugin.on_generate(turn)
    next(steps)
    with pytest.raises(StopIteration) as end:
        steps.send(reply)
    return end.value.value


def a_reply(confidence=0.9, **fields):
    return Reply("Yes.", token_ids=[1, 2], confidence=confidence, **fields)


def test_a_sure_reply_lifts_the_mood_at_once(plugin, context):
    reply = a_reply()
    assert live(plugin, Turn("hello"), reply) is reply
    assert context.vitals.temperament == pytest.approx(0.1)  # target 2·.4 + .5 + .5·.4, clamped to 1
    assert list(plugin.day.confidences) == [0.9]


def test_the_mood_follows_a_life_of_unsure_replies_down(plugin, context):
    for _ in range(40):
        live(plugin, Turn("hello"), a_reply(confidence=0.1))
        context.vitals.record_confidence(0.1)
    assert context.vitals.temperament < -0.3


def test_a_confidence_that_the_kernel_recorded_already_counts_once(plugin, context):
    context.vitals.record_confidence(0.1)
    steps = plugin.on_generate(Turn("hello"))
    next(steps)
    context.vitals.record_confidence(0.9)
    with pytest.raises(StopIteration):
        steps.send(a_reply(0.9))
    assert context.vitals.temperament == pytest.approx(0.1 * 0.5)  # mean confidence ½, boost ½


@pytest.mark.parametrize("purpose", ["question", "dream", "reflection", "evaluation"])
def test_turns_that_are_not_the_users_are_left_alone(plugin, context, purpose):
    context.vitals.record_temperament(1.0)
    turn = Turn("hello", temperature=0.7, purpose=purpose)
    live(plugin, turn, a_reply())
    assert turn.temperature == 0.7
    assert context.vitals.temperament == 1.0


def test_mood_colours_the_users_turns(plugin, context):
    context.vitals.record_temperament(1.0)
    turn = Turn("hello", temperature=0.7)
    live(plugin, turn, a_reply())
    assert turn.temperature == pytest.approx(0.7 + 0.3 * 0.3)


@pytest.mark.parametrize("reply", [a_reply(finish_reason="cancelled"), Reply(""), None])
def test_a_stopped_or_empty_reply_moves_nothing(plugin, context, reply):
    live(plugin, Turn("hello"), reply)
    assert context.vitals.temperament == 0.0
    assert not plugin.day.confidences


def test_ratings_move_the_mood_and_nothing_else_does(plugin, context):
    plugin.on_feedback(Feedback("rating", value=1.0))
    assert context.vitals.temperament == pytest.approx(0.1)
    plugin.on_feedback(Feedback("correction", value=-1.0, text="no"))
    plugin.on_feedback(Feedback("answer", value=-1.0, text="no"))
    assert context.vitals.temperament == pytest.approx(0.1)


def test_status_and_mood_show_the_line(plugin):
    live(plugin, Turn("hello"), a_reply())
    rows = plugin.on_status().rows
    assert rows["mood"] == "calm (+0.10)"
    assert len(rows["temperament"]) == 1
    mood = {command.name: command for command in plugin.on_commands()}["mood"]
    assert "calm (+0.10)" in mood.run([], {})


def test_status_before_anything_was_said(plugin):
    assert plugin.on_status().rows["confidence since sleep"] == "not measured"


def test_temp_lists_and_tunes(plugin, context):
    temp = {command.name: command for command in plugin.on_commands()}["temp"]
    assert "mood_influence = 0.3" in temp.run([], {})
    assert "mood_influence: 0.3 -> 0.5" in temp.run([], {"mood-influence": 0.5})
    assert context.settings.mood_influence == 0.5


def test_state_round_trips(plugin):
    live(plugin, Turn("hello"), a_reply())
    state, other = PluginState(), FeedbackPlugin()
    plugin.on_save_state(state)
    other.on_load_state(state)
    assert other.day.to_dict() == plugin.day.to_dict()


def test_importing_the_plugin_imports_no_torch():
    code = "import sys, sovl_feedback; sys.exit('torch' in sys.modules or 'transformers' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
