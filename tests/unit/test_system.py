from __future__ import annotations

import threading
from typing import Any, Dict, List

import pytest

from sovl_core.error_handling import BadInput, SOVLError
from sovl_core.events import (
    Dream,
    DreamRequest,
    ErrorEvent,
    Feedback,
    Idle,
    Night,
    NightInterrupted,
    NightReport,
    Reply,
    Turn,
    Utterance,
)
from sovl_core.hookspecs import hookimpl
from sovl_core.plugin import Command, Plugin, PluginContext, PluginState

WAIT = 10.0


class Everything(Plugin):
    """Implements what the system delegates and writes down what it was called with."""

    name = "everything"

    def __init__(self) -> None:
        self.events: List[str] = []
        self.context: Any = None
        self.in_night: Any = lambda night: None

    @hookimpl
    def on_start(self, context: PluginContext) -> None:
        self.context = context
        self.events.append("start")

    @hookimpl
    def on_stop(self) -> None:
        self.events.append("stop")

    @hookimpl
    def on_load_state(self, state: PluginState) -> None:
        self.events.append(f"load {state.values}")

    @hookimpl
    def on_save_state(self, state: PluginState) -> None:
        self.events.append("save")
        state.values["saved"] = True

    @hookimpl
    def on_models_loaded(self, models: Any) -> None:
        self.events.append("models loaded")

    @hookimpl
    def on_models_unloaded(self, models: Any) -> None:
        self.events.append("models unloaded")

    @hookimpl
    def on_idle(self, idle: Idle) -> Any:
        self.events.append("idle")
        if idle.seconds > 30:
            idle.wants_sleep = "much has gathered"
        return Utterance("What is your dog called?") if idle.may_speak else None

    @hookimpl
    def on_sleep(self, night: Night) -> NightReport:
        self.events.append("sleep")
        self.in_night(night)
        return NightReport("accepted", learned=[memory.id for memory in night.memories])

    @hookimpl
    def on_dream(self, request: DreamRequest) -> List[Dream]:
        return [Dream("question", memory.prompt, "yes", [memory.id]) for memory in request.memories]

    @hookimpl
    def on_commands(self) -> List[Command]:
        return [Command("look", "Look.", lambda words, options: f"saw {words} {options}")]


@pytest.fixture
def plugin() -> Everything:
    return Everything()


def test_a_life_starts_loads_saves_and_stops_in_this_order(life_of: Any, plugin: Everything) -> None:
    with life_of(plugin) as system:
        assert system.generate("hello").text == "reply to hello"
    assert plugin.events == ["start", "models loaded", "save", "models unloaded", "stop"]
    again = Everything()
    with life_of(again):
        pass
    assert again.events == ["start", "load {'saved': True}", "save", "stop"]


def test_with_no_plugin_it_is_a_plain_chat(life_of: Any) -> None:
    system = life_of()
    first = system.generate("My dog is called Biscuit.")
    assert first.text == "reply to My dog is called Biscuit."
    assert [(e.prompt, e.reply) for e in system.journal.episodes()] == [
        ("My dog is called Biscuit.", "reply to My dog is called Biscuit.")
    ]
    assert system.plugins.infos() == []


def test_no_model_is_loaded_before_it_is_needed(life_of: Any, plugin: Everything) -> None:
    system = life_of(plugin)
    system.tell("My dog is called Biscuit.")
    system.idle(Idle(1.0))
    system.status()
    system.commands()
    assert not system.models_loaded
    assert system.models() is plugin.context.models()
    assert system.models_loaded
    assert plugin.context.models_loaded()


def test_what_a_plugin_is_handed(life_of: Any, plugin: Everything) -> None:
    system, context = life_of(plugin), plugin.context
    assert context.name == "everything"
    assert (context.config, context.journal, context.vitals) == (system.config, system.journal, system.vitals)
    assert context.generate(Turn("hello", purpose="question")).text == "reply to hello"
    assert system.journal.count_episodes() == 0
    assert context.folder == system.life.path / "plugins" / "everything"
    assert context.conversation() == system.conversation
    context.go_on_with("another")
    assert system.conversation == context.conversation() == "another"
    assert system.journal.episode(system.generate("hello").episode).conversation == "another"


def test_eight_threads_get_their_own_replies(life_of: Any) -> None:
    inside, most = [0], [0]

    def reply(models: Any, turn: Turn, settings: Any) -> Reply:
        inside[0] += 1
        most[0] = max(most[0], inside[0])
        text = "".join(f"{letter}" for letter in turn.prompt)
        turn.on_text(text)
        inside[0] -= 1
        return Reply(text, token_ids=[1], confidence=0.5)

    system = life_of(reply=reply)
    streamed: Dict[str, str] = {}
    replies: Dict[str, Reply] = {}

    def talk(number: int) -> None:
        for turn in range(5):
            prompt = f"thread {number} turn {turn}"
            replies[prompt] = system.generate(prompt, on_text=lambda text, p=prompt: streamed.__setitem__(p, text))

    threads = [threading.Thread(target=talk, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(WAIT)
    assert len(replies) == 40
    assert most == [1]
    for prompt, reply_ in replies.items():
        assert reply_.text == streamed[prompt] == prompt
        assert system.journal.episode(reply_.episode).prompt == prompt
        assert system.journal.episode(reply_.episode).reply == prompt


def test_a_failed_reply_becomes_an_error_that_plugins_hear_of(life_of: Any) -> None:
    heard: List[ErrorEvent] = []

    class Hears(Plugin):
        name = "hears"

        @hookimpl
        def on_error(self, error: ErrorEvent) -> None:
            heard.append(error)

    def reply(models: Any, turn: Turn, settings: Any) -> Reply:
        if turn.purpose == "reply":
            raise RuntimeError("CUDA out of memory")
        return Reply("That was too much.")

    system = life_of(Hears(), reply=reply)
    with pytest.raises(SOVLError, match="out of memory"):
        system.generate("hello")
    assert [event.what for event in heard] == ["reply"]
    assert system.journal.episode(1).reply == ""
    events = [entry["event"] for entry in system.logger.read()]
    assert "reply_failed" in events
    assert "error_reflection" in events


def test_sleep_dream_and_feedback_reach_the_plugins(life_of: Any, plugin: Everything) -> None:
    system = life_of(plugin)
    system.tell("My dog is called Biscuit.")
    assert [dream.prompt for dream in system.dream()] == ["My dog is called Biscuit."]
    assert system.sleep().learned == [1]
    system.feedback(Feedback("rating", 1.0))
    assert len(system.journal.feedback()) == 1
    system.use_night(0)
    assert system.journal.current_night() is None
    system.use_night(1)
    assert system.journal.current_night() == 1


def test_sleep_without_a_plugin_names_what_to_install(life_of: Any) -> None:
    with pytest.raises(SOVLError, match=r"No plugin knows how to sleep.*install"):
        life_of().sleep()


def test_silence_lets_plugins_speak_and_their_question_waits_for_an_answer(life_of: Any, plugin: Everything) -> None:
    system = life_of(plugin)
    assert [said.text for said in system.idle(Idle(1.0))] == ["What is your dog called?"]
    system.generate("Biscuit.")
    assert system.journal.episode(1).source == "answer"
    assert system.idle(Idle(1.0, may_speak=False)) == []


def test_a_night_asked_for_in_silence_is_lived_beside(life_of: Any, plugin: Everything) -> None:
    ended: List[Any] = []
    go, answered = threading.Event(), threading.Event()

    def in_night(night: Night) -> None:
        while not answered.is_set():
            night.breathe()
            go.set()
            answered.wait(0.005)

    plugin.in_night = in_night
    system = life_of(plugin)
    done = threading.Event()
    system.idle(Idle(60.0, may_speak=False), finished=lambda outcome: (ended.append(outcome), done.set()))
    assert go.wait(WAIT)
    assert system.asleep
    assert system.idle(Idle(60.0)) == []
    assert not system.sleep_in_background()
    with pytest.raises(SOVLError, match="in progress"):
        system.reload_models()
    assert system.generate("Are you asleep?").text == "reply to Are you asleep?"
    answered.set()
    assert done.wait(WAIT)
    assert ended[0].status == "accepted"
    assert system.last_night is ended[0]
    assert system.journal.night(1).trigger == "gestation"
    assert "much has gathered" in [entry.get("reason") for entry in system.logger.read()]


def test_a_night_in_vain_is_not_begun_again_every_second(life_of: Any) -> None:
    class Restless(Everything):
        @hookimpl
        def on_sleep(self, night: Night) -> NightReport:
            self.events.append("sleep")
            return NightReport("nothing")

    restless = Restless()
    system = life_of(restless)
    system.tell("a fact")
    for _ in range(3):
        system.idle(Idle(60.0, may_speak=False))
        system._parts.background.join()
    assert restless.events.count("sleep") == 1
    system.tell("another fact")
    system.idle(Idle(60.0, may_speak=False))
    system._parts.background.join()
    assert restless.events.count("sleep") == 2


def test_closing_ends_a_night_which_the_next_session_goes_on_with(life_of: Any, plugin: Everything) -> None:
    begun = threading.Event()

    def in_night(night: Night) -> None:
        while True:
            night.breathe()
            begun.set()

    plugin.in_night = in_night
    system = life_of(plugin)
    system.sleep_in_background()
    assert begun.wait(WAIT)
    system.close()
    assert isinstance(system.last_night, NightInterrupted)
    resumed: List[bool] = []
    later = Everything()
    later.in_night = lambda night: resumed.append(night.resumed)
    with life_of(later) as again:
        assert again.sleep().number == 1
    assert resumed == [True]


def test_closing_waits_until_the_end_of_a_night_was_told(life_of: Any, plugin: Everything) -> None:
    begun, told = threading.Event(), []

    def in_night(night: Night) -> None:
        while True:
            begun.set()
            night.breathe()

    def finished(outcome: Any) -> None:
        threading.Event().wait(0.1)
        told.append(outcome)

    plugin.in_night = in_night
    system = life_of(plugin)
    system.sleep_in_background(finished=finished)
    assert begun.wait(WAIT)
    system.close()
    assert [type(outcome) for outcome in told] == [NightInterrupted]


def test_closing_ends_a_night_in_any_thread_before_it_lets_go(life_of: Any, plugin: Everything) -> None:
    begun, ended = threading.Event(), []

    def in_night(night: Night) -> None:
        try:
            while True:
                begun.set()
                threading.Event().wait(0.05)
                night.breathe()
        finally:
            plugin.events.append("night over")

    plugin.in_night = in_night
    system = life_of(plugin)

    def sleep() -> None:
        try:
            system.sleep()
        except NightInterrupted as interruption:
            ended.append(interruption)

    thread = threading.Thread(target=sleep)
    thread.start()
    assert begun.wait(WAIT)
    system.close()
    thread.join(WAIT)
    assert len(ended) == 1
    assert plugin.events[-4:] == ["night over", "save", "models unloaded", "stop"]


def test_who_speaks_second_is_answered_in_view_of_what_was_said_first(life_of: Any, mocker: Any) -> None:
    histories: Dict[str, List[str]] = {}
    second: List[threading.Thread] = []

    def reply(models: Any, turn: Turn, settings: Any) -> Reply:
        histories[turn.prompt] = [message.content for message in turn.history]
        if turn.prompt == "first":
            second.append(threading.Thread(target=lambda: system.generate("second")))
            second[0].start()
            while system.journal.count_episodes() < 2:
                second[0].join(0.005)
            second[0].join(0.05)
        return Reply(f"reply to {turn.prompt}", token_ids=[1])

    system = life_of(reply=reply)
    finish = system.journal.finish_episode

    def slowly(*arguments: Any, **keywords: Any) -> Any:
        threading.Event().wait(0.05)
        return finish(*arguments, **keywords)

    mocker.patch.object(system.journal, "finish_episode", slowly)
    system.generate("first")
    second[0].join(WAIT)
    assert histories == {"first": [], "second": ["first", "reply to first"]}


def test_commands_run_one_at_a_time_with_turns_and_keep_their_names_apart(life_of: Any, plugin: Everything) -> None:
    class Other(Plugin):
        name = "other"

        @hookimpl
        def on_commands(self) -> List[Command]:
            return [Command("look", "Look elsewhere.", lambda words, options: "elsewhere")]

    commands = life_of(plugin, Other()).commands()
    assert sorted(commands) == ["look", "other.look"]
    assert commands["look"].run(["up"], {"far": True}) == "saw ['up'] {'far': True}"
    assert commands["other.look"].name == "other.look"


def test_a_question_by_command_waits_for_its_answer(life_of: Any) -> None:
    class Asks(Plugin):
        name = "asks"

        @hookimpl
        def on_commands(self) -> List[Command]:
            return [
                Command("ask", "Ask.", lambda words, options: Utterance("Who is Biscuit?", source="asks")),
                Command("hum", "Hum.", lambda words, options: Utterance("Hm.", question=False)),
            ]

    system = life_of(Asks())
    assert system.commands()["ask"].run([], {}) == "Who is Biscuit?"
    assert system.commands()["hum"].run([], {}) == "Hm."
    (question,) = system.journal.questions()
    assert (question.text, question.status, question.source) == ("Who is Biscuit?", "asked", "asks")
    reply = system.generate("My dog.")
    assert system.journal.episode(reply.episode).source == "answer"
    assert system.journal.question(question.id).answer_episode == reply.episode


def test_reloading_brings_fresh_models_with_the_same_weights(life_of: Any, plugin: Everything) -> None:
    import torch

    system = life_of(plugin)
    with torch.no_grad():
        system.models().trainables["adapter"].module.weight.fill_(3.0)
    plugin.context.reload_models()
    assert system.models().trainables["adapter"].module.weight[0, 0].item() == 3.0
    assert plugin.events[-2:] == ["models unloaded", "models loaded"]


def test_capacity_is_known_once_models_are_loaded(life_of: Any) -> None:
    system = life_of()
    assert system.vitals.capacity is None
    system.models()
    assert system.vitals.capacity == pytest.approx(4 * 0.01)


def test_capacity_grows_with_what_is_built_on_first_use(life_of: Any) -> None:
    import torch

    def reply(models: Any, turn: Turn, settings: Any) -> Reply:
        models.register_trainable("late", torch.nn.Linear(2, 3, bias=False))
        return Reply("hello")

    system = life_of(reply=reply)
    system.generate("hello")
    assert system.vitals.capacity == pytest.approx((4 + 6) * 0.01)


def test_settings_are_changed_and_saved(life_of: Any) -> None:
    with life_of() as system:
        assert system.set_config("generation.temperature", "0.2").live
    assert life_of().config.generation.temperature == 0.2


def test_a_plugin_is_switched_off_for_the_next_start(life_of: Any, plugin: Everything) -> None:
    with life_of(plugin) as system:
        assert not system.switch_plugin(plugin.name, False).live
        assert [info.enabled for info in system.plugins.infos() if info.name == plugin.name] == [True]
        with pytest.raises(BadInput, match="There is no plugin 'everthing' installed"):
            system.switch_plugin("everthing", True)
    assert life_of().config.plugins[plugin.name]["enabled"] is False


def test_vitals_outlive_a_kill(life_of: Any) -> None:
    system = life_of()
    system.generate("hello")
    assert system.journal.get_value("vitals")["exposure"] == 2


def test_a_reader_answers_beside_the_writer_and_writes_nothing(life_of: Any, plugin: Everything) -> None:
    writer = life_of()
    writer.generate("hello")
    before = {path: path.stat().st_mtime_ns for path in writer.life.path.rglob("*") if "journal" not in path.name}
    reader = life_of(plugin, read_only=True)
    assert reader.generate("hello").episode is None
    for forbidden in (
        lambda: reader.tell("x"),
        lambda: reader.sleep(),
        lambda: reader.feedback(Feedback("rating")),
        lambda: reader.train([("a", "b")]),
        lambda: reader.use_night(None),
        lambda: reader.set_config("generation.temperature", 0),
        lambda: reader.sleep_in_background(),
    ):
        with pytest.raises(SOVLError, match="opened for reading only"):
            forbidden()
    reader.idle(Idle(60.0))
    reader.close()
    assert "sleep" not in plugin.events
    assert writer.journal.count_episodes() == 1
    assert {p: p.stat().st_mtime_ns for p in writer.life.path.rglob("*") if "journal" not in p.name} == before


def test_a_reader_trains_along_with_the_process_that_keeps(life_of: Any, mocker: Any) -> None:
    life_of()
    reader = life_of(read_only=True)
    train = mocker.patch.object(reader._parts.training, "train", return_value="report")
    assert reader.train([("a", "b")], epochs=2, keep=False) == "report"
    train.assert_called_once_with([("a", "b")], 2, False, None, False)


def test_closing_twice_does_no_harm_and_lets_the_lock_go(life_of: Any) -> None:
    system = life_of()
    system.close()
    system.close()
    life_of().close()


def test_closing_lets_the_lock_go_even_when_saving_fails(life_of: Any, plugin: Everything, mocker: Any) -> None:
    system = life_of(plugin)
    mocker.patch.object(system._parts.state, "save", side_effect=SOVLError("the disk is full"))
    with pytest.raises(SOVLError, match="disk is full"):
        system.close()
    assert plugin.events[-1] == "stop"
    life_of().close()


def test_the_status_is_plain_data(life_of: Any, plugin: Everything) -> None:
    import json

    system = life_of(plugin)
    system.generate("hello")
    status = json.loads(json.dumps(system.status()))
    assert status["journal"] == {"episodes": 1, "unconsolidated": 1}
    assert status["models"]["loaded"] is True
    assert status["models"]["trainable_parameters"] == 4
    assert status["nights"]["current"] is None
    assert status["plugins"][0]["name"] == "everything"
    assert status["conversation"] == system.conversation
    assert status["timings"]["everything"]["on_start"]["calls"] == 1


def test_why_is_asked_of_a_turn_that_is_there(life_of: Any, plugin: Everything) -> None:
    with life_of(plugin) as system:
        with pytest.raises(SOVLError, match="Nothing was answered yet"):
            system.why()
        assert not [entry for entry in system.logger.read() if "explanation" in entry["event"]]
        told = system.tell("My dog is called Biscuit.")
        with pytest.raises(SOVLError, match="has no reply"):
            system.why(told.id)
        # These models have no tokenizer: what fails in the middle of it is survived like a reply that fails.
        system.generate("hello")
        with pytest.raises(SOVLError, match="The explanation failed"):
            system.why()


def test_nights_are_compared_without_loading_a_model(life_of: Any, plugin: Everything) -> None:
    with life_of(plugin) as system:
        told = system.tell("My dog is called Biscuit.")
        system.sleep()
    with life_of(Everything(), read_only=True) as system:
        found = system.compare_nights(None, 1)
        assert [episode.id for episode in found.only_second] == [told.id]
        assert [one.trainable for one in found.weights] == ["adapter"]
        assert found.plugins == {"everything": (None, "test-everything 1")}
        assert not system.models_loaded


def test_plugins_see_words_before_the_journal_has_them(life_of: Any) -> None:
    class Withholds(Plugin):
        name = "withholds"

        @hookimpl
        def on_journal(self, entry: Any) -> None:
            entry.text = entry.text.replace("1234", "****")

    system = life_of(Withholds())
    system.tell("The code is 1234")
    system.generate("Is it 1234?")
    assert [(e.prompt, e.reply) for e in system.journal.episodes()] == [
        ("Is it ****?", "reply to Is it ****?"),
        ("The code is ****", ""),
    ]
