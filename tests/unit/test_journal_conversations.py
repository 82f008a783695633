from __future__ import annotations

import re

import pytest

from sovl_core.error_handling import BadInput, SOVLError
from sovl_core.journal import Journal
from sovl_core.records import Exchange, Message

pytestmark = pytest.mark.no_torch


def say(journal, *prompts, conversation="c", reply="yes"):
    ids = [journal.begin_episode(prompt, conversation).id for prompt in prompts]
    for number in ids if reply else ():
        journal.finish_episode(number, reply)
    return ids


def heard(journal, conversation, turns=10):
    return [message.content for message in journal.messages(conversation, turns) if message.role == "user"]


def test_messages_alternate_and_leave_out_what_got_no_reply(journal):
    say(journal, "one", reply="1")
    say(journal, "told", reply="")
    say(journal, "elsewhere", conversation="other", reply="x")
    say(journal, "two", reply="2")
    say(journal, "being answered", reply="")

    assert journal.messages("c", turns=10) == [
        Message("user", "one"),
        Message("assistant", "1"),
        Message("user", "two"),
        Message("assistant", "2"),
    ]
    assert journal.messages("c", turns=1) == [Message("user", "two"), Message("assistant", "2")]
    assert journal.messages("c", turns=0) == []
    assert journal.messages("nobody", turns=10) == []


def test_a_thread_has_all_turns_oldest_first(journal):
    say(journal, "one")
    say(journal, "told", reply="")
    assert [episode.prompt for episode in journal.thread("c")] == ["one", "told"]
    assert [episode.prompt for episode in journal.thread("c", limit=1)] == ["told"]
    assert [episode.prompt for episode in journal.thread("c", answered=True)] == ["one"]
    assert journal.thread("nobody") == []


def test_conversations(journal, clock):
    assert journal.last_conversation() is None
    names = {journal.new_conversation() for _ in range(50)}
    say(journal, "a", conversation="first")
    say(journal, "b", conversation="second")

    assert journal.last_conversation() == "second"
    assert len(names) == 50
    assert all(re.fullmatch(r"20231114-221320-[0-9a-f]{8}", name) for name in names)
    clock.now += 86400
    assert journal.new_conversation() > max(names)


def test_a_branch_hears_what_came_before_it_and_what_is_said_in_it(journal):
    one, two, three = say(journal, "one", "two", "three")
    branch = journal.branch_conversation("c", after=one)
    say(journal, "other two", conversation=branch)

    assert heard(journal, branch) == ["one", "other two"]
    assert heard(journal, branch, turns=1) == ["other two"]
    # What was left behind is in the journal as it was.
    assert heard(journal, "c") == ["one", "two", "three"]
    assert [episode.id for episode in journal.unconsolidated()][:3] == [one, two, three]


def test_a_branch_of_a_branch_may_go_back_further_than_the_first_did(journal):
    one, two, three = say(journal, "one", "two", "three")
    first = journal.branch_conversation("c", after=two)
    (four,) = say(journal, "four", conversation=first)
    say(journal, "five", conversation=first)

    assert heard(journal, journal.branch_conversation(first, after=four)) == ["one", "two", "four"]
    further = journal.branch_conversation(first, after=one)
    assert heard(journal, further) == ["one"]
    again = journal.branch_conversation(further, after=None)
    say(journal, "afresh", conversation=again)
    assert heard(journal, again) == ["afresh"]
    with pytest.raises(BadInput, match=f"Episode {three} is no part"):
        journal.branch_conversation(first, after=three)


def test_conversations_from_elsewhere_are_last_only_where_there_are_no_others(journal):
    journal.take_in([Exchange("One", conversation="chatgpt-a")])
    assert journal.last_conversation() == "chatgpt-a"
    journal.begin_episode("Hello", "mine")
    journal.take_in([Exchange("Two", conversation="chatgpt-b"), Exchange("A line", conversation="x", source="import")])
    assert journal.last_conversation() == "mine"
    journal.take_in([Exchange("Told", conversation="told", source="tell")])
    assert journal.last_conversation() == "told"


def test_a_branch_is_the_last_conversation_until_something_is_said_elsewhere(journal, tmp_path):
    (one, _) = say(journal, "one", "two")
    branch = journal.branch_conversation("c", after=one)
    assert journal.last_conversation() == branch
    say(journal, "elsewhere", conversation="other")
    assert journal.last_conversation() == "other"
    journal.branch_conversation("other", after=None)
    journal.close()
    again = Journal(tmp_path / "journal.db")
    assert heard(again, again.last_conversation()) == []
    assert heard(again, branch) == ["one"]
    again.close()


@pytest.mark.parametrize("after", [99, -1])
def test_an_episode_that_is_none_of_the_conversation_is_refused(journal, after):
    say(journal, "one")
    with pytest.raises(BadInput, match="no part of the conversation c"):
        journal.branch_conversation("c", after=after)
    say(journal, "elsewhere", conversation="other")
    with pytest.raises(BadInput, match="no part of the conversation c"):
        journal.branch_conversation("c", after=2)
    assert journal.last_conversation() == "other"


def test_a_reader_cannot_branch(journal, tmp_path):
    say(journal, "one")
    reader = Journal(tmp_path / "journal.db", read_only=True)
    with pytest.raises(SOVLError):
        reader.branch_conversation("c", after=1)
    reader.close()


def test_what_was_heard_before_a_turn(journal):
    numbers = []
    for text in "abcd":
        numbers.append(journal.begin_episode(text, "talk").id)
        journal.finish_episode(numbers[-1], text.upper())
    branch = journal.branch_conversation("talk", after=numbers[2])
    later = journal.begin_episode("e", branch).id
    journal.finish_episode(later, "E")

    assert [one.content for one in journal.messages("talk", 2, before=numbers[2])] == ["a", "A", "b", "B"]
    assert [one.content for one in journal.messages(branch, 9, before=later)][::2] == ["a", "b", "c"]
    assert [one.content for one in journal.messages(branch, 9, before=numbers[1])] == ["a", "A"]
    assert journal.thread("talk", before=numbers[0]) == []
