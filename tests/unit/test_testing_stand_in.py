"""Replies by script."""

from __future__ import annotations

from typing import List

import pytest

from sovl_core.events import Reply, Turn
from sovl_core.models import Models
from sovl_core.testing.stand_in import NoModel, ScriptedReplies

pytestmark = pytest.mark.no_torch


def test_one_text_is_said_again_and_again() -> None:
    say = ScriptedReplies("Hello there.")
    replies = [say(None, Turn("a"), None), say(None, Turn("b"), None)]
    assert [reply.text for reply in replies] == ["Hello there.", "Hello there."]
    assert replies[0].token_ids == [0, 1]
    assert [turn.prompt for turn in say.turns] == ["a", "b"]


def test_texts_are_said_one_after_another_and_the_last_for_ever() -> None:
    say = ScriptedReplies(["One.", "Two."])
    assert [say(None, Turn(""), None).text for _ in range(3)] == ["One.", "Two.", "Two."]


def test_a_function_answers_the_turn_with_text_or_a_whole_reply() -> None:
    assert ScriptedReplies(lambda turn: turn.prompt.upper())(None, Turn("hi"), None).text == "HI"
    assert ScriptedReplies(lambda turn: Reply("No.", confidence=0.9))(None, Turn("hi"), None).confidence == 0.9


def test_what_is_said_streams() -> None:
    heard: List[str] = []
    ScriptedReplies("Hello.")(None, Turn("hi", on_text=heard.append), None)
    assert heard == ["Hello."]


def test_models_are_made_of_no_model() -> None:
    models = Models(NoModel(), base_tokenizer=None)
    assert str(models.device) == "cpu"
    assert models.trainable_parameters() == 0
