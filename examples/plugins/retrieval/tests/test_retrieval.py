from __future__ import annotations

import pytest

from sovl_core.error_handling import BadInput
from sovl_core.events import Turn
from sovl_core.records import Message
from sovl_retrieval import RetrievalPlugin

ASKED = "What is my dog called?"
SHOWN = f"What I told you before:\n- My dog is called Bruno\n\n{ASKED}"


@pytest.fixture
def heard():
    """The prompts that reach the base."""
    return []


@pytest.fixture
def open_it(sovl_life, heard):
    def reply(turn):
        heard.append(turn.prompt)
        return "Bruno" if "Bruno" in turn.prompt else "No idea"

    def opened(**settings):
        life = sovl_life(RetrievalPlugin, reply=reply, **{f"plugins__retrieval__{k}": v for k, v in settings.items()})
        if not life.journal.count_episodes():
            life.tell("My dog is called Bruno")
            life.new_conversation()
        return life

    return opened


def test_what_was_told_is_known_before_any_night(open_it, heard):
    life = open_it()
    reply = life.generate(ASKED)
    assert (reply.text, heard) == ("Bruno", [SHOWN])
    assert reply.annotations["retrieval.memories"] == [(1, 1.0)]
    assert reply.annotations["retrieval.passages"] == 1
    rows = dict(life.plugins.on_status())["retrieval"].rows
    assert rows == {"on": True, "prompts since the start": "1 with 1 passages"}


def test_it_is_no_memory(open_it):
    life = open_it()
    life.generate(ASKED)
    assert [episode.prompt for episode in life.journal.episodes()] == [ASKED, "My dog is called Bruno"]
    assert [message.content for message in life.journal.messages(life.conversation, 4)] == [ASKED, "Bruno"]


def test_a_prompt_about_nothing_of_it_stays_as_it_is(open_it, heard):
    reply = open_it().generate("Who discovered penicillin?")
    assert heard == ["Who discovered penicillin?"]
    assert "retrieval.memories" not in reply.annotations


def test_it_can_be_switched_off_at_once(open_it, heard):
    life = open_it()
    life.set_config("plugins.retrieval.on", False)
    life.generate(ASKED)
    assert heard == [ASKED]


def test_a_night_is_not_told_the_answers(open_it, heard):
    life = open_it()
    for purpose in ("evaluation", "dream", "question", "reflection", "play"):
        life.answer(Turn(ASKED, purpose=purpose))
    assert heard == [ASKED] * 5


def test_a_reply_that_is_gone_through_again_has_its_passages(open_it, heard):
    life = open_it()
    life.answer(Turn(ASKED, purpose="evaluation", conversation="c", history=[Message("user", "Hm")]))
    assert heard == [SHOWN]


def test_the_prompt_is_put_back_even_when_the_reply_fails(sovl_life):
    def fail(turn):
        assert turn.prompt == SHOWN
        raise MemoryError

    life = sovl_life(RetrievalPlugin, reply=fail)
    life.tell("My dog is called Bruno")
    turn = Turn(ASKED)
    with pytest.raises(MemoryError):
        life.answer(turn)
    assert turn.prompt == ASKED


def test_long_passages_are_left_out(open_it, heard):
    life = open_it(characters=60)
    life.tell("A dog " + "barks " * 20)
    life.tell("The dog is old")
    life.new_conversation()
    life.generate(ASKED)
    assert "barks" not in heard[0]
    assert "Bruno" in heard[0]
    assert "The dog is old" in heard[0]


def test_four_ways_side_by_side(open_it, heard):
    life = open_it(on=False)
    shown = life.commands()["compare"].run(ASKED.split(), {"tokens": 8})
    assert [line.split() for line in shown.splitlines()] == [
        ["neither:", "No", "idea"],
        ["retrieval:", "Bruno"],
        ["weights:", "No", "idea"],
        ["both:", "Bruno"],
        ["passages:", "1"],
    ]
    assert heard == [ASKED, SHOWN, ASKED, SHOWN]
    assert life.journal.count_episodes() == 1
    assert life.commands()["compare"].run(["Penicillin?"], {}).endswith("passages:   none found")
    with pytest.raises(BadInput, match="nothing to compare"):
        life.commands()["compare"].run([], {})
