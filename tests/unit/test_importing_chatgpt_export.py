from __future__ import annotations

import io
import json
from typing import Any, Dict, List, Optional

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sovl_core.importing.chatgpt_export import (
    BESIDE_WORDS,
    BRANCHES,
    NOT_TALK,
    UNASKED,
    WORDLESS,
    read_chatgpt_export,
    read_conversation,
)
from sovl_core.importing.found import LeftOut, Unusable
from sovl_core.importing.keys import Keys
from sovl_core.records import Exchange

pytestmark = pytest.mark.no_torch

SCALARS = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=4))
JSON = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3)
)
NODES = st.sampled_from(["a", "b", "c", "d"])
MESSAGES = JSON | st.fixed_dictionaries(
    {},
    optional={
        "id": JSON | st.text(max_size=2),
        "author": JSON | st.fixed_dictionaries({"role": st.sampled_from(["user", "assistant", "tool"]) | JSON}),
        "content": JSON
        | st.fixed_dictionaries({"content_type": st.just("text") | JSON, "parts": st.lists(st.just("words") | JSON)}),
        "create_time": JSON,
        "metadata": JSON,
        "recipient": JSON | st.just("all"),
    },
)
CONVERSATIONS = st.fixed_dictionaries(
    {
        "mapping": JSON
        | st.dictionaries(
            NODES, JSON | st.fixed_dictionaries({"message": MESSAGES, "parent": NODES | JSON}), max_size=4
        )
    },
    optional={"title": JSON, "current_node": NODES | JSON, "conversation_id": JSON, "create_time": JSON},
)


def message(role: str, *parts: Any, id: str = "", **more: Any) -> Dict[str, Any]:
    content = {"content_type": more.pop("content_type", "text"), "parts": list(parts)}
    return {"id": id, "author": {"role": role}, "content": content, "create_time": 1600000001.5, **more}


def conversation(*messages: Optional[Dict[str, Any]], **more: Any) -> Dict[str, Any]:
    """Return a conversation without branches: each message follows the one before it."""
    mapping = {
        f"n{number}": {"id": f"n{number}", "message": each, "parent": f"n{number - 1}" if number else None}
        for number, each in enumerate(messages)
    }
    return {
        "title": "Dogs",
        "create_time": 1600000000.0,
        "conversation_id": "c1",
        "current_node": f"n{len(messages) - 1}",
        "mapping": mapping,
        **more,
    }


def read_all(*conversations: Any) -> List[Any]:
    return list(read_chatgpt_export(io.BytesIO(json.dumps(list(conversations)).encode()), Keys("f")))


def read(*conversations: Any) -> List[Any]:
    return [found for found in read_all(*conversations) if not isinstance(found, LeftOut)]


def left_out(*conversations: Any) -> Dict[str, int]:
    return {found.what: found.count for found in read_all(*conversations) if isinstance(found, LeftOut)}


def test_each_prompt_becomes_an_exchange_with_the_answers_to_it() -> None:
    found = read(
        conversation(
            None,
            message("system", ""),
            message("user", "My dog is called Rex.", id="u1"),
            message("assistant", "Nice.", id="a1", metadata={"model_slug": "gpt-4"}),
            message("assistant", "How old is he?", id="a2", metadata={"model_slug": "gpt-5"}),
            message("user", " Three. ", "Nearly four.", id="u2", create_time=1600000099),
        )
    )
    assert found == [
        Exchange(
            "My dog is called Rex.",
            "Nice.\n\nHow old is he?",
            "chatgpt-c1",
            1600000001.5,
            "chatgpt-u1",
            details={"from": "chatgpt", "title": "Dogs", "model": "gpt-5"},
        ),
        Exchange(
            "Three.\n\nNearly four.",
            "",
            "chatgpt-c1",
            1600000099.0,
            "chatgpt-u2",
            details={"from": "chatgpt", "title": "Dogs"},
        ),
    ]


def test_only_the_path_that_was_gone_last_is_read() -> None:
    tree = {
        "root": {"parent": None, "message": None, "children": ["first", "edited"]},
        "first": {"parent": "root", "message": message("user", "My dog is called Max.", id="u1")},
        "a1": {"parent": "first", "message": message("assistant", "Max?")},
        "edited": {"parent": "root", "message": message("user", "My dog is called Rex.", id="u2")},
        "a2": {"parent": "edited", "message": message("assistant", "Wrong answer")},
        "a3": {"parent": "edited", "message": message("assistant", "Rex!")},
    }
    found = read({"id": "c", "mapping": tree, "current_node": "a3"})
    assert [(each.prompt, each.reply, each.conversation) for each in found] == [
        ("My dog is called Rex.", "Rex!", "chatgpt-c")
    ]
    assert left_out({"id": "c", "mapping": tree, "current_node": "a3"}) == {BRANCHES: 3}


def test_where_the_export_does_not_say_where_it_stands_the_latest_end_is_taken() -> None:
    tree = {
        "old": {"parent": None, "message": message("user", "Old", create_time=1)},
        "new": {"parent": None, "message": message("user", "New", create_time=3)},
        "leaf": {"parent": "new", "message": message("assistant", "Yes", create_time=4)},
        "late": {"parent": "old", "message": message("assistant", "No", create_time=2)},
    }
    for current in ({}, {"current_node": None}, {"current_node": "gone"}, {"current_node": ["leaf"]}):
        (found,) = read({"mapping": tree, **current})
        assert (found.prompt, found.reply) == ("New", "Yes")


@pytest.mark.parametrize(
    "other",
    [
        message("system", "Be kind."),
        message("tool", "1.2"),
        message("user", "About me", content_type="user_editable_context"),
        message("user", "Hidden", metadata={"is_visually_hidden_from_conversation": True}),
        message("assistant", "print(1)", recipient="python"),
        message("assistant", "Hm", content_type="thoughts"),
        message("assistant", "Hm", channel="analysis"),
        message("assistant", "I will look it up.", metadata={"is_thinking_preamble_message": True}),
        message("user", "Taken back", weight=0.0),
        message("user", {"content_type": "image_asset_pointer", "asset_pointer": "file://x"}),
        message("user", "  "),
        message("critic", "Bad"),
    ],
)
def test_what_nobody_said_is_left_out_and_counted(other: Dict[str, Any]) -> None:
    talk = conversation(message("user", "Hi"), other, message("assistant", "Yo"))
    assert [(each.prompt, each.reply) for each in read(talk)] == [("Hi", "Yo")]
    parts = other["content"]["parts"]
    what = WORDLESS if isinstance(parts[0], dict) else NOT_TALK
    assert left_out(talk) == ({} if parts == ["  "] else {what: 1})
    assert left_out(conversation(message("system", ""), message("user", "Hi"))) == {}


@pytest.mark.parametrize(
    "shown", [{"recipient": None}, {"recipient": "all", "channel": "final"}, {"weight": 1.0, "channel": None}]
)
def test_what_was_shown_is_read_however_much_is_said_about_it(shown: Dict[str, Any]) -> None:
    found = read(conversation(message("user", "Hi", **shown), message("assistant", "Yo", **shown)))
    assert [(each.prompt, each.reply) for each in found] == [("Hi", "Yo")]


def test_marks_are_taken_out_of_answers() -> None:
    cited = message("assistant", "It rains.\ue200cite\ue202turn0search0\ue201")
    assert [each.reply for each in read(conversation(message("user", "Rain?"), cited))] == ["It rains."]


def test_what_was_spoken_and_written_beside_an_image_is_read() -> None:
    spoken = {"content_type": "audio_transcription", "text": "My cat is called Tom.", "direction": "in"}
    image = {"content_type": "image_asset_pointer"}
    found = read(conversation(message("user", image, spoken, "Here he is.", content_type="multimodal_text")))
    assert [each.prompt for each in found] == ["My cat is called Tom.\n\nHere he is."]
    assert left_out(conversation(message("user", image, spoken, image))) == {BESIDE_WORDS: 2}


def test_a_message_without_time_and_id_has_the_conversations_time_and_a_key_of_its_words() -> None:
    bare = message("user", "Hi", create_time=None)
    (first,), (again,) = read(conversation(bare)), read(conversation(bare))
    assert first.created == 1600000000.0
    assert first.key == again.key
    assert first.key.startswith("text:")


def test_answers_to_nothing_are_left_out() -> None:
    assert read(conversation(message("assistant", "Hello!"))) == []
    greeted = conversation(message("assistant", "Hello!"), message("user", "Hi"), message("assistant", "Yo"))
    assert left_out(greeted) == {UNASKED: 1}


def test_what_cannot_be_used_is_named_and_the_rest_is_read() -> None:
    found = read(
        5,
        {"title": "Empty"},
        conversation(
            message("user", "One", id="u1"),
            {"author": {"role": "user"}, "content": "words"},
            {"author": {"role": "user"}, "content": {"content_type": "text", "parts": "words"}},
            message("user", "Two", id="u2"),
            title="A  long\ntitle " + "x" * 40,
        ),
    )
    bad = [str(each) for each in found if isinstance(each, Unusable)]
    title = "A long title " + "x" * 27
    assert bad == [
        "conversation 1: an object is needed, this is a number",
        'conversation 2 ("Empty"): it has no "mapping" of messages',
        f'conversation 3 ("{title}"), message 2: "content" must be an object, this is text',
        f'conversation 3 ("{title}"), message 3: "parts" must be a list, this is text',
    ]
    assert [each.prompt for each in found if isinstance(each, Exchange)] == ["One", "Two"]


def test_a_tree_that_runs_in_a_circle_ends() -> None:
    tree = {
        "a": {"parent": "b", "message": message("assistant", "Yo")},
        "b": {"parent": "a", "message": message("user", "Hi")},
    }
    (found,) = read({"mapping": tree, "current_node": "a"})
    assert (found.prompt, found.reply) == ("Hi", "Yo")


def test_an_export_that_is_cut_off_gives_the_conversations_before() -> None:
    whole = json.dumps([conversation(message("user", "One", id="u1")), conversation(message("user", "Two", id="u2"))])
    one, bad = read_chatgpt_export(io.BytesIO(whole[:-40].encode()), Keys("f"))
    assert one.prompt == "One"
    assert str(bad).startswith("conversation 2: not JSON")


@given(JSON | CONVERSATIONS)
def test_any_json_is_read_or_named(value: Any) -> None:
    for found in read_conversation(value, "conversation 1", Keys("f")):
        assert isinstance(found, (Exchange, Unusable, LeftOut))
        if isinstance(found, Exchange):
            assert found.prompt.strip() == found.prompt != ""
            assert isinstance(found.reply, str)
            assert found.key
