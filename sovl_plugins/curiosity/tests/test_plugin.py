"""The plugin against a scripted model and a real journal: replies, silences, answers, commands, state."""

from __future__ import annotations

import json
import subprocess
import sys
from types import SimpleNamespace

import pytest

from sovl_core.error_handling import BadInput, SOVLError
from sovl_core.events import Dream, DreamRequest, Feedback, Idle, NightInterrupted, NightReport, Reply, Turn
from sovl_core.plugin import PluginState
from sovl_curiosity import CuriosityPlugin, CuriosityPressure
from sovl_curiosity.learning import GAINED

SAID = "My rabbit Biscuit likes parsley."
QUESTION = "Where does Biscuit sleep?"


def live(plugin, turn, reply=None):
    """Run one turn through the wrapper as the plugin manager does."""
    steps = plugin.on_generate(turn)
    next(steps)
    with pytest.raises(StopIteration) as end:
        steps.send(reply or Reply("How nice.", token_ids=[1], confidence=0.5))
    return end.value.value


def silent(plugin, seconds=30.0, **fields):
    return plugin.on_idle(Idle(seconds, "c", **{"last_prompt": SAID, **fields}))


@pytest.fixture
def full(plugin, script):
    """The plugin about to erupt, with one question to come."""
    plugin.pressure = CuriosityPressure(1.0)
    script.questions = [QUESTION]
    return plugin


def test_replies_build_up_pressure(plugin, context):
    context.vitals.record_temperament(0.5)
    live(plugin, Turn(SAID))
    assert plugin.pressure.value == pytest.approx(0.1 * 0.5 + 0.05 * 0.5)


@pytest.mark.parametrize("purpose", ["question", "dream", "reflection", "evaluation"])
def test_turns_that_are_not_the_users_pass(full, script, purpose):
    reply = Reply("x")
    assert live(full, Turn(SAID, purpose=purpose), reply) is reply
    assert full.pressure.value == 1.0
    assert script.turns == []


def test_an_eruption_asks_at_the_end_of_a_reply(full, journal):
    episode = journal.begin_episode(SAID, "c")
    reply = live(full, Turn(SAID, episode=episode.id))
    assert reply.question == QUESTION
    assert full.pressure.value == pytest.approx(0.7)
    asked = journal.questions(status="asked")[0]
    assert (asked.text, asked.episode, asked.details["about"]) == (QUESTION, episode.id, SAID)
    assert full.tally.in_replies == full.tally.eruptions == 1


def test_a_question_below_the_threshold_is_not_asked(full, context, journal):
    context.settings.metric = "classic"
    assert live(full, Turn(SAID)).question is None
    assert full.tally.scored == 1
    assert journal.questions() == []
    assert full.tally.fruitless == 1
    assert full.on_status().rows["eruptions"] == "1 (1 came to no question)"
    shown = full.on_commands()[0].run([], {})
    assert f'held back  "{QUESTION}"' in shown
    assert ", not above 0.8" in shown


def test_replies_are_left_alone_when_switched_off_or_stopped_or_asking_already(full, context, script):
    live(full, Turn(SAID), Reply("x", finish_reason="cancelled"))
    assert live(full, Turn(SAID), Reply("x", question="And you?")).question == "And you?"
    context.settings.in_replies = False
    assert live(full, Turn(SAID)).question is None
    assert script.turns == []


def test_silence_alone_makes_it_speak_up(plugin, script):
    script.questions = [QUESTION]
    said = [silent(plugin, float(seconds)) for seconds in range(1, 60)]
    spoken = [utterance for utterance in said if utterance is not None]
    assert [(utterance.text, utterance.question) for utterance in spoken] == [(QUESTION, True)]
    assert 35 <= said.index(spoken[0]) + 1 <= 36  # seconds until the pressure is above 0.7


def test_it_waits_for_silence_cooldown_and_a_listener(full, context):
    assert silent(full, 19.0) is None
    assert silent(full, may_speak=False) is None
    assert silent(full).text == QUESTION
    full.pressure = CuriosityPressure(1.0)
    context.now += 59
    assert silent(full) is None
    context.now += 1
    assert silent(full) is not None


def test_a_question_below_the_threshold_waits_in_the_queue(full, context, journal, mocker):
    full.curiosity.scores.extend([0.1] * 5 + [0.9])
    assert silent(full).text == QUESTION  # out of the queue at once, as nothing better is there
    assert full.pressure.value == pytest.approx(1.0 - 0.3 * 0.7)
    assert full.tally.spontaneous == 1
    assert full.tally.fruitless == 0
    assert "held back" not in full.on_commands()[0].run([], {})


def test_what_others_queued_is_asked_when_there_is_nothing_new(plugin, journal):
    plugin.pressure = CuriosityPressure(1.0)
    journal.add_question("What did you dream?", "gestation")
    assert silent(plugin, last_prompt="").text == "What did you dream?"


def test_no_model_is_loaded_only_for_idling(full, context, journal, script):
    context.models_loaded = lambda: False
    assert silent(full) is None
    assert script.turns == []
    journal.add_question("What did you dream?", "gestation")
    full.pressure = CuriosityPressure(1.0)
    assert silent(full, 31.0).text == "What did you dream?"
    context.models.assert_not_called()


def test_a_fruitless_urge_passes(plugin):
    plugin.pressure = CuriosityPressure(1.0)
    assert silent(plugin, last_prompt="ok") is None
    assert plugin.pressure.value == pytest.approx(0.7)
    assert plugin.tally.fruitless == 1
    assert "held back  no question came to mind" in plugin.on_commands()[0].run([], {})


def test_it_does_not_go_on_into_the_same_silence_for_ever(plugin, context, script):
    context.settings.eruptions_per_silence = 2
    context.settings.cooldown = 0.0
    for seconds in range(1, 400):
        silent(plugin, float(seconds))
    assert plugin.tally.eruptions == 2
    live(plugin, Turn(SAID))
    for seconds in range(1, 100):
        silent(plugin, float(seconds))
    assert plugin.tally.eruptions > 2


def test_switched_off_it_keeps_silent(full, context):
    context.settings.spontaneous = False
    assert silent(full) is None


def answer_turn(journal, **fields):
    question = journal.add_question(QUESTION, "curiosity", status="asked")
    episode = journal.begin_episode("In a box.", "c", source="answer", details={"question": question.id})
    return Turn("In a box.", episode=episode.id, **fields)


def test_an_answer_is_thanked_for_before_the_reply(full, journal):
    pieces = []
    reply = live(full, answer_turn(journal, on_text=pieces.append))
    assert pieces == ["Thank you, I will remember that. "]
    assert reply.text == "Thank you, I will remember that. How nice."
    assert reply.question is None


def test_thanks_can_be_left_out(plugin, context, journal):
    context.settings.thanks = ""
    assert live(plugin, answer_turn(journal)).text == "How nice."


def test_answers_are_counted(plugin):
    plugin.on_feedback(Feedback("answer", text="In a box.", question=1))
    plugin.on_feedback(Feedback("rating", value=1.0))
    assert plugin.tally.answered == 1


def test_what_came_of_answers_is_counted_and_shown(plugin):
    assert "answers" not in plugin.on_status().rows
    for drop in (0.5, -0.1):
        plugin.on_feedback(Feedback("outcome", drop, GAINED, source="curiosity"))
    plugin.on_feedback(Feedback("outcome", 1.0, "tests passed"))
    assert (plugin.tally.taught, plugin.tally.measured) == (1, 2)
    assert plugin.on_status().rows["answers"] == "1 of 2 were known better after their night"


def run(plugin, name, words=(), **options):
    return {command.name: command for command in plugin.on_commands()}[name].run(list(words), options)


def test_asked_to_it_asks_now(plugin, context, journal, script):
    context.vitals.last_prompt = SAID
    script.questions = [QUESTION]
    said = run(plugin, "curiosity", ["ask"])
    assert (said.text, said.question, said.source) == (QUESTION, True, "curiosity")
    (asked,) = journal.questions(status="asked")
    assert (asked.text, asked.details["about"]) == (QUESTION, SAID)
    assert plugin.tally.by_command == 1
    context.settings.eruption_chance = 1.0
    assert silent(plugin) is None  # it has just spoken


def test_asked_to_it_takes_a_waiting_question_or_says_that_there_is_none(plugin, journal):
    journal.add_question("What did you dream?", "gestation")
    assert run(plugin, "curiosity", ["ask"]).text == "What did you dream?"
    assert journal.count_questions("asked") == 1
    assert "nothing to ask" in run(plugin, "curiosity", ["ask"])


def test_the_answer_to_a_question_is_thanked_for(plugin, journal):
    question = journal.add_question(QUESTION, "curiosity", status="asked")
    episode = journal.begin_episode("In a box.", "c", source="answer", details={"question": question.id})
    assert live(plugin, Turn("In a box.", episode=episode.id)).text.startswith("Thank you")
    after = journal.begin_episode("And now", "c")
    assert not live(plugin, Turn("And now", episode=after.id)).text.startswith("Thank you")


def test_curiosity_lists_tunes_and_shows_the_queue(plugin, context, journal):
    shown = run(plugin, "curiosity")
    assert shown.startswith("pressure   0.00")
    assert "silence = 20.0" in shown
    assert "silence: 20.0 -> 5.0" in run(plugin, "curiosity", silence=5.0)
    assert context.settings.silence == 5.0
    assert run(plugin, "curiosity", ["queue"]) == "No question is waiting."
    journal.add_question("What did you dream?", "gestation")
    assert "What did you dream?" in run(plugin, "curiosity", ["queue"])


def test_status_tells_what_is_open(full):
    silent(full)
    rows = full.on_status().rows
    assert rows["open question"] == QUESTION
    assert rows["questions"] == "1 asked (1 out of silence), 0 answered"


def test_dream_memory_is_taken_from_the_turn(full, script, mocker):
    from sovl_curiosity import embedding

    dreamed = embedding.embed(None, QUESTION)[None]
    live(full, Turn(SAID, annotations={"memory.vectors": dreamed}))
    assert full.tally.mean_novelty == pytest.approx(0.0, abs=1e-6)


def test_state_round_trips(full, context):
    silent(full)
    state, other = PluginState(), CuriosityPlugin()
    full.on_save_state(state)
    other.on_start(context)
    other.on_load_state(PluginState(json.loads(json.dumps(state.values))))
    again = PluginState()
    other.on_save_state(again)
    assert again.values == state.values
    assert other.tally == full.tally


def test_of_an_accepted_night_alone_it_makes_something(plugin, mocker):
    look_back = mocker.patch.object(plugin.knowledge, "look_back", return_value=None)
    plugin.curiosity.scores.append(0.5)

    night = SimpleNamespace(number=1, memories=[])

    def sleep(report):
        steps = plugin.on_sleep(night)
        next(steps)
        with pytest.raises(StopIteration) as end:
            steps.send(report)
        assert end.value.value is report

    sleep(None)
    sleep(NightReport("set_aside"))
    look_back.assert_not_called()
    sleep(NightReport("accepted"))
    look_back.assert_called_once()
    assert list(plugin.curiosity.scores) == [0.5]
    # With a new calibration scores of before cannot be compared.
    look_back.return_value = mocker.Mock()
    sleep(NightReport("partial"))
    assert list(plugin.curiosity.scores) == []


def pass_through(wrapper, inner):
    next(wrapper)
    with pytest.raises(StopIteration) as end:
        wrapper.send(inner)
    return end.value.value


def a_night(plugin, journal, script, breathe=lambda: None):
    """Live and accept a night that taught one memory; return its number."""
    memory = journal.begin_episode(SAID, "c", source="tell")
    number = journal.open_night(journal.current_night(), "api", {})
    script.questions = [QUESTION]
    night = SimpleNamespace(number=number, memories=[memory], breathe=breathe)
    report = NightReport("accepted", learned=[memory.id])
    assert pass_through(plugin.on_sleep(night), report) is report
    journal.accept_night(number, "accepted", [memory.id], {})
    return number


def test_a_night_asks_in_the_first_silence_of_the_morning(plugin, context, journal, script):
    plugin.pressure = CuriosityPressure(0.5)
    a_night(plugin, journal, script)
    assert silent(plugin, 3.0, may_speak=False) is None
    said = silent(plugin, 4.0)
    assert (said.text, said.question) == (QUESTION, True)
    assert journal.count_questions("asked") == 1
    assert plugin.tally.spontaneous == 1
    assert silent(plugin, 5.0) is None


def test_or_at_the_end_of_the_first_reply(plugin, context, journal, script):
    plugin.pressure = CuriosityPressure(0.5)
    a_night(plugin, journal, script)
    context.settings.in_replies = False
    assert live(plugin, Turn("Good morning.")).question is None
    context.settings.in_replies = True
    assert live(plugin, answer_turn(journal)).question is None
    assert live(plugin, Turn("Good morning.")).question == QUESTION
    assert plugin.tally.in_replies == 1
    assert live(plugin, Turn("Well.")).question is None


def test_a_calm_day_ends_in_no_question(plugin, journal, script):
    a_night(plugin, journal, script)
    assert journal.questions() == []


def test_what_is_left_to_ask_holds_up_no_night_that_has_to_end(plugin, journal, script):
    def breathe():
        raise NightInterrupted

    plugin.pressure = CuriosityPressure(0.5)
    a_night(plugin, journal, script, breathe)
    dreams = [Dream("question", "Q?", "A.", [1])]
    request = DreamRequest(journal.episodes(), breathe=breathe)
    assert pass_through(plugin.on_dream(request), dreams) is dreams
    assert journal.questions() == []


def test_after_a_dream_questions_wait(plugin, journal, script):
    memory = journal.begin_episode(SAID, "c", source="tell")
    script.questions = [QUESTION]
    dreams = [Dream("question", "Q?", "A.", [memory.id])]
    assert pass_through(plugin.on_dream(DreamRequest([memory])), dreams) is dreams
    (waiting,) = journal.questions(status="queued")
    assert (waiting.text, waiting.episode) == (QUESTION, memory.id)
    assert script.count("question") == 1


def test_it_erupts_less_often_while_answers_teach_nothing(full, context, mocker):
    mocker.patch("sovl_curiosity.learning.progress", return_value=-0.1)
    context.settings.stalled_chance = 0.0
    assert silent(full) is None
    context.settings.stalled_chance = 1.0
    assert silent(full).text == QUESTION


def test_measuring_takes_a_file_of_questions(plugin, tmp_path):
    with pytest.raises(BadInput, match="takes one file"):
        run(plugin, "curiosity", ["measure"])
    with pytest.raises(SOVLError, match="There is no file"):
        run(plugin, "curiosity", ["measure", str(tmp_path / "none.jsonl")])


def test_importing_the_plugin_imports_no_torch():
    code = "import sys, sovl_curiosity; sys.exit('torch' in sys.modules or 'transformers' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
