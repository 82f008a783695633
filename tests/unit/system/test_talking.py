"""Turns, commands and explanations of an opened life."""

from __future__ import annotations

import sys
import threading
from typing import Any, Dict, List

import pytest

from sovl_core.error_handling import BadInput, PluginError, SOVLError
from sovl_core.events import (
    ErrorEvent,
    Reply,
    Turn,
    Utterance,
)
from sovl_core.hookspecs import hookimpl
from sovl_core.plugin import Command, Plugin

WAIT = 10.0


def test_with_no_plugin_it_is_a_plain_chat(life_of: Any) -> None:
    system = life_of()
    first = system.generate("My dog is called Biscuit.")
    assert first.text == "reply to My dog is called Biscuit."
    assert [(e.prompt, e.reply) for e in system.journal.episodes()] == [
        ("My dog is called Biscuit.", "reply to My dog is called Biscuit.")
    ]
    assert system.plugins.infos() == []


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


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="page faults are counted in another way elsewhere")
def test_a_reply_has_room_for_its_calls_wherever_it_is_asked_for(life_of: Any) -> None:
    import resource

    calls = 300
    asked: List[int] = []

    def layer(number: int) -> int:
        return number + 1

    def reply(models: Any, turn: Turn, settings: Any) -> Reply:
        before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
        for number in range(calls):
            layer(number)
        asked.append(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
        return Reply("yes")

    def ask_from(depth: int) -> None:
        if depth:
            ask_from(depth - 1)
        else:
            system.answer(Turn("Is there room?"))

    system = life_of(reply=reply)
    for depth in range(200):
        ask_from(depth)
    assert len(asked) == 200
    assert max(asked) < calls / 4


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


def test_commands_run_one_at_a_time_with_turns_and_keep_their_names_apart(life_of: Any, plugin: Any) -> None:
    class Other(Plugin):
        name = "other"

        @hookimpl
        def on_commands(self) -> List[Command]:
            return [Command("look", "Look elsewhere.", lambda words, options: "elsewhere")]

    commands = life_of(plugin, Other()).commands()
    assert sorted(commands) == ["look", "other.look"]
    assert commands["look"].run(["up"], {"far": True}) == "saw ['up'] {'far': True}"
    with pytest.raises(BadInput, match=r"look has no option 'fare'.*Did you mean far"):
        commands["look"].run(["up"], {"fare": True})
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


def test_why_is_asked_of_a_turn_that_is_there(life_of: Any, plugin: Any) -> None:
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


def test_a_mistake_in_a_command_is_its_plugins_and_what_is_explained_stays(life_of: Any) -> None:
    class Clumsy(Plugin):
        name = "clumsy"

        @hookimpl
        def on_commands(self) -> List[Command]:
            return [
                Command("stumble", "Stumble.", self._stumble),
                Command("refuse", "Refuse.", self._refuse),
                Command("alone", "Take nothing.", lambda: "never"),  # type: ignore[arg-type, misc]
            ]

        def _stumble(self, words: List[str], options: Dict[str, Any]) -> str:
            raise KeyError("colour")

        def _refuse(self, words: List[str], options: Dict[str, Any]) -> str:
            raise BadInput("Which one?")

    system = life_of(Clumsy())
    commands = system.commands()
    named = r"plugin 'clumsy' .*failed in its command 'stumble': KeyError: 'colour' \(\S+, line \d+\)"
    with pytest.raises(PluginError, match=named) as caught:
        commands["stumble"].run([], {})
    assert isinstance(caught.value.__cause__, KeyError)
    with pytest.raises(PluginError, match="takes words, a list, and options, a dictionary"):
        commands["alone"].run([], {})
    with pytest.raises(BadInput, match="Which one"):
        commands["refuse"].run([], {})
    assert [info.name for info in system.plugins.infos() if info.enabled] == ["clumsy"]
