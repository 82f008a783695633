"""Teaching: the base's own answer is taken where it is faithful, and nowhere else."""

from __future__ import annotations

import pytest

from sovl_core.events import Dream
from sovl_dream import teacher
from sovl_dream.teacher import faithful

pytestmark = pytest.mark.no_torch

DREAM = Dream("question", "Where do I keep the key?", "You keep the key under the kettle.", answer="the kettle")


@pytest.mark.parametrize(
    ("sentence", "is_faithful"),
    [
        ("You keep the key under the kettle.", True),
        ("It is under the kettle!", True),
        ("The key is under the kettle.", True),
        ("The key is under THE KETTLE.", True),
        ("The key is under the kettle", False),  # cut off
        ("The key is under the mat.", False),
        ("The key is under the kettles.", False),
        ("I keep the key under the kettle.", False),
        ("My key is under the kettle.", False),
        ("The key is under the kettle in the kitchen.", False),  # nobody spoke of a kitchen
        ("", False),
    ],
)
def test_faithful(sentence, is_faithful):
    assert faithful(sentence, DREAM) is is_faithful


def test_the_ready_made_answer_is_the_floor(monkeypatch, mocker):
    batch_generation = pytest.importorskip("sovl_dream.batch_generation")
    said = ["It is under the kettle. You are welcome.", "I do not know."]
    continuations = mocker.patch.object(batch_generation, "greedy_continuations", return_value=said)
    monkeypatch.setattr(teacher, "encode_chat", lambda tokenizer, messages, system: messages)
    models = mocker.Mock()
    first, second = teacher.teach(models, [DREAM, DREAM], "", lambda: None)
    assert (first.completion, first.writer, first.prompt) == ("It is under the kettle.", "base", DREAM.prompt)
    assert second is DREAM
    messages = continuations.call_args[0][1][0]
    told = [message for message in messages if message.content == "I keep the key under the kettle."]
    assert [message.role for message in told] == ["user"]
    assert (messages[-1].role, messages[-1].content) == ("user", DREAM.prompt)
    assert DREAM.writer == ""
