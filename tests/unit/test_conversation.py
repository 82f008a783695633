from __future__ import annotations

from collections import deque
from typing import Any, Callable, List, Optional

import pytest

from sovl_core.conversation import Conversation
from sovl_core.error_handling import BadInput, SOVLError
from sovl_core.events import Feedback, Reply, Turn, Utterance
from sovl_core.failures import Failures
from sovl_core.hookspecs import hookimpl
from sovl_core.model_gate import ModelGate
from sovl_core.plugin import Plugin
from sovl_core.settings import SystemConfig
from sovl_core.system_logging import ThreadSafeLogger
from sovl_core.vitals import Vitals

pytestmark = pytest.mark.no_torch


class State:
    def __init__(self) -> None:
        self.saved = 0

    def save_vitals(self) -> None:
        self.saved += 1


class Hears(Plugin):
    name = "hears"

    def __init__(self) -> None:
        self.feedback: List[Feedback] = []

    @hookimpl
    def on_feedback(self, feedback: Feedback) -> None:
        self.feedback.append(feedback)


class World:
    def __init__(self, journal: Any, manager: Any, read_only: bool = False) -> None:
        self.journal, self.turns = journal, []
        self.config, self.vitals, self.state, self.plugin = SystemConfig(), Vitals(), State(), Hears()
        self.error: Optional[Exception] = None
        self.next = Reply("I see.", token_ids=[1, 2, 3], confidence=0.6)
        hooks = manager(self.plugin)
        failures = Failures(self.config, hooks, self.answer, ThreadSafeLogger(None), deque())
        self.talk = Conversation(
            self.config, journal, hooks, ModelGate(), self.vitals, self.state, self.answer, failures, read_only
        )

    def answer(self, turn: Turn) -> Reply:
        self.turns.append(turn)
        if turn.purpose == "reply" and self.error is not None:
            raise self.error
        return self.next


@pytest.fixture
def world(journal: Any, manager: Callable[..., Any]) -> World:
    return World(journal, manager)


def test_the_words_are_in_the_journal_before_the_reply_begins(world: World) -> None:
    seen: List[str] = []

    def answer(turn: Turn) -> Reply:
        seen.append(world.journal.episode(turn.episode).prompt)
        return world.next

    world.talk._answer = answer
    reply = world.talk.reply("My dog is called Biscuit.")
    assert seen == ["My dog is called Biscuit."]
    episode = world.journal.episode(reply.episode)
    assert (episode.reply, episode.confidence, episode.source) == ("I see.", 0.6, "chat")
    assert episode.details == {"finish_reason": "stop", "tokens": 3, "token_ids": [1, 2, 3], "night": None}


def test_how_a_reply_came_about_is_kept_with_it(world: World) -> None:
    """What could not be found out later, when somebody asks why."""

    def answer(turn: Turn) -> Reply:
        turn.influence, turn.use_scaffold = 0.0, False
        return world.next

    number = world.journal.open_night(None, "command", {})
    world.journal.accept_night(number, "accepted", [], {})
    world.talk._answer = answer
    details = world.journal.episode(world.talk.reply("Hello.", influence=0.5).episode).details
    assert (details["night"], details["influence"], details["scaffold"]) == (1, 0.5, False)


def test_a_crash_in_generation_leaves_the_episode_and_says_so(world: World) -> None:
    world.error = RuntimeError("CUDA out of memory")
    with pytest.raises(SOVLError, match=r"out of memory.*kept \(episode 1\)"):
        world.talk.reply("My dog is called Biscuit.")
    assert [(e.prompt, e.reply) for e in world.journal.episodes()] == [("My dog is called Biscuit.", "")]
    assert [turn.purpose for turn in world.turns] == ["reply", "reflection"]
    assert world.vitals.exposure == 0


def test_an_error_for_the_user_comes_out_as_it_is(world: World) -> None:
    world.error = SOVLError("there is no model")
    with pytest.raises(SOVLError, match="there is no model") as caught:
        world.talk.reply("hello")
    assert caught.value is world.error


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit])
def test_what_ends_the_program_is_no_failure(world: World, error: Any) -> None:
    world.talk._answer = lambda turn: (_ for _ in ()).throw(error())
    with pytest.raises(error):
        world.talk.reply("hello")
    assert world.journal.count_episodes() == 1


def test_the_turn_carries_settings_history_and_what_the_caller_wants(world: World) -> None:
    world.config.generation.max_new_tokens = 9
    world.talk.reply("first")
    world.talk.reply("second", temperature=0.0, use_scaffold=False, seed=3)
    first, second = world.turns
    assert (first.max_new_tokens, first.temperature, first.top_k, first.influence) == (9, 0.7, 30, 1.0)
    assert first.history == []
    assert (second.temperature, second.use_scaffold, second.seed) == (0.0, False, 3)
    assert [(m.role, m.content) for m in second.history] == [("user", "first"), ("assistant", "I see.")]


def test_greedy_means_temperature_zero(world: World) -> None:
    world.config.generation.greedy = True
    world.talk.reply("hello")
    assert world.turns[0].temperature == 0.0


def test_another_conversation_has_its_own_history(world: World) -> None:
    first = world.talk.current
    world.talk.reply("first")
    assert world.talk.new() != first
    world.talk.reply("second")
    world.talk.reply("third", conversation=first)
    assert [len(turn.history) for turn in world.turns] == [0, 0, 2]
    assert world.journal.episode(3).conversation == first


def test_influence_follows_the_life_curve_when_it_is_told_to(world: World) -> None:
    world.config.lifecycle.influence = "life_curve"
    world.vitals.exposure, world.vitals.capacity = 50.0, 100.0
    world.talk.reply("hello")
    assert world.turns[0].influence == pytest.approx(0.632, abs=1e-3)


def test_exposure_grows_with_new_prompts_and_confidence_is_kept(world: World) -> None:
    world.talk.reply("hello")
    world.talk.reply("hello")
    world.vitals.temperament = 0.9
    world.talk.reply("something new")
    assert world.vitals.exposure == 2 + 3
    assert world.vitals.mean_confidence == pytest.approx(0.6)
    assert world.vitals.last_prompt == "something new"
    assert world.state.saved == 3


def test_prompts_seen_in_an_earlier_session_are_not_new(world: World, journal: Any, manager: Any) -> None:
    world.talk.reply("hello")
    later = World(journal, manager)
    later.talk.reply("hello")
    assert later.vitals.exposure == 0


@pytest.mark.parametrize("reply", [Reply(""), Reply("par", token_ids=[1], finish_reason="cancelled")])
def test_a_reply_that_never_came_says_nothing_about_confidence(world: World, reply: Reply) -> None:
    world.next = reply
    world.talk.reply("hello")
    assert world.vitals.mean_confidence is None


@pytest.mark.parametrize("text", ["", " \n\t"])
def test_an_empty_text_is_refused_and_leaves_no_trace(world: World, text: str) -> None:
    with pytest.raises(BadInput, match="empty"):
        world.talk.reply(text)
    with pytest.raises(BadInput, match="empty"):
        world.talk.tell(text)
    assert world.journal.count_episodes() == 0


def test_a_broken_character_reaches_neither_the_journal_nor_the_tokenizer(world: World) -> None:
    world.talk.reply("half \ud83d a smile")
    assert world.turns[0].prompt == "half \ufffd a smile"


def test_what_is_told_is_learned_later_and_no_part_of_the_history(world: World) -> None:
    episode = world.talk.tell("My dog is called Biscuit.")
    assert (episode.source, episode.reply) == ("tell", "")
    world.talk.reply("hello")
    assert world.turns[0].history == []
    assert [e.id for e in world.journal.unconsolidated()] == [episode.id, 2]


def test_what_is_said_after_a_question_is_its_answer(world: World) -> None:
    world.talk.say(Utterance("What is your dog called?", source="curiosity"))
    question = world.journal.questions(status="asked")[0]
    reply = world.talk.reply("Biscuit.")
    episode = world.journal.episode(reply.episode)
    assert (episode.source, episode.weight, episode.details["question"]) == ("answer", pytest.approx(1.2), question.id)
    assert world.journal.question(question.id).status == "answered"
    assert world.journal.question(question.id).answer_episode == episode.id
    heard = world.plugin.feedback
    assert [(f.kind, f.text, f.question, f.episode) for f in heard] == [("answer", "Biscuit.", question.id, episode.id)]
    world.talk.reply("And now something else.")
    assert world.journal.episode(2).source == "chat"


def test_a_question_in_return_is_no_answer(world: World) -> None:
    world.talk.say(Utterance("What is your dog called?"))
    world.talk.reply("Why do you ask?")
    assert world.journal.episode(1).source == "chat"
    world.talk.reply("Biscuit.")
    assert world.journal.episode(2).source == "answer"


def test_a_question_within_a_reply_is_asked_and_entered_once(world: World) -> None:
    world.next = Reply("I see.", question="Since when?")
    world.journal.add_question("Since when?", "curiosity", status="asked")
    world.talk.reply("I have a dog.")
    assert [q.source for q in world.journal.questions()] == ["curiosity"]
    world.next = Reply("I see.")
    world.talk.reply("Since May.")
    assert world.journal.episode(2).source == "answer"


def test_a_question_asked_elsewhere_waits_there(world: World) -> None:
    world.talk.say(Utterance("What is your dog called?"), conversation="elsewhere")
    world.talk.reply("Nice weather.")
    assert world.journal.episode(1).source == "chat"


def test_a_remark_is_no_question(world: World) -> None:
    world.talk.say(Utterance("It is raining.", question=False))
    assert world.journal.questions() == []


def test_a_correction_becomes_something_to_learn(world: World) -> None:
    first = world.talk.reply("What is my dog called?", conversation="then")
    world.talk.take_feedback(Feedback("correction", -1.0, "My dog is called Biscuit.", episode=first.episode))
    episode = world.journal.episode(2)
    assert (episode.prompt, episode.source, episode.conversation) == ("My dog is called Biscuit.", "correction", "then")
    assert episode.details == {"corrects": first.episode}
    assert [f.kind for f in world.plugin.feedback] == ["correction"]
    assert len(world.journal.feedback()) == 1


def test_the_model_and_the_plugins_hear_what_the_journal_has(world: World) -> None:
    world.journal.screen = lambda entry: setattr(entry, "text", entry.text.replace("1234", "****"))
    world.talk.reply("The code is 1234")
    world.talk.take_feedback(Feedback("correction", -1.0, "It was 1234."))
    assert world.turns[0].prompt == world.vitals.last_prompt == "The code is ****"
    assert [feedback.text for feedback in world.plugin.feedback] == ["It was ****."]


def test_a_correction_without_words_is_refused(world: World) -> None:
    with pytest.raises(BadInput):
        world.talk.take_feedback(Feedback("correction", -1.0, " "))
    assert world.journal.feedback() == []


def test_a_rating_is_written_down_and_passed_on(world: World) -> None:
    world.talk.take_feedback(Feedback("rating", 1.0))
    assert [f.value for f in world.journal.feedback()] == [1.0]
    assert world.journal.count_episodes() == 0


def test_a_reader_answers_and_keeps_nothing(journal: Any, manager: Any) -> None:
    world = World(journal, manager, read_only=True)
    reply = world.talk.reply("hello \ud83d")
    assert (reply.text, reply.episode) == ("I see.", None)
    assert world.turns[0].prompt == "hello \ufffd"
    world.talk.say(Utterance("What is your dog called?"))
    assert journal.count_episodes() == 0
    assert journal.questions() == []
    assert world.vitals.exposure == 0
