from __future__ import annotations

from typing import List

import pytest

from sovl_core.evaluation.facts import Asked, Fact, FactSet
from sovl_core.evaluation.questions import coinciding, examine
from sovl_core.events import Turn

pytestmark = pytest.mark.no_torch

FACTS = FactSet(
    (
        Fact("My dog is Rex.", Asked(("Dog?", "What is my dog called?"), ("Rex",)), Asked(("Who is Rex?",), ("dog",))),
        Fact("I live in Oslo.", Asked(("Where do I live?",), ("Oslo",))),
        Fact("It rained."),
    ),
    ("Who is my plumber?", "Where is my horse?"),
)


def test_each_question_is_asked_greedily_in_a_conversation_of_its_own() -> None:
    turns: List[Turn] = []
    steps = []

    def say(turn: Turn) -> str:
        turns.append(turn)
        return {"Dog?": "It is REX!", "Where do I live?": "In Oslo.", "Who is my plumber?": "rex"}.get(turn.prompt, "?")

    found = examine(say, FACTS, lambda step, total: steps.append((step, total)))
    assert [turn.prompt for turn in turns] == [
        "Dog?",
        "What is my dog called?",
        "Who is Rex?",
        "Where do I live?",
        "Who is my plumber?",
        "Where is my horse?",
    ]
    assert {(turn.temperature, turn.max_new_tokens, tuple(turn.history), turn.conversation) for turn in turns} == {
        (0.0, 32, (), "")
    }
    # Half of the first fact, all of the second; the third is not asked about.
    assert (found.recall, found.reverse_recall, found.false_recall) == (0.75, 0.0, 0.5)
    assert [one.values()["right"] for one in found.facts[0].forward] == [True, False]
    assert steps[0] == (0, 5)
    assert steps[-1] == (5, 5)


def test_what_is_not_asked_has_no_figure() -> None:
    found = examine(lambda turn: "", FactSet((Fact("a", Asked(("b",), ("c",))),)), lambda step, total: None)
    assert (found.recall, found.reverse_recall, found.false_recall) == (0.0, None, None)


def test_questions_in_the_words_of_a_dream_are_found() -> None:
    trained = ["what is my dog   called", "Who, is REX", "Where did I live?", "who is my plumber"]
    assert coinciding(FACTS, trained) == ["What is my dog called?", "Who is Rex?", "Who is my plumber?"]
    assert coinciding(FACTS, []) == []
