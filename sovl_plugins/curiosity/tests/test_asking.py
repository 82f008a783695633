"""Writing questions: filtered, tried again, a plain one at last; temperatures; confidences of both answers."""

from __future__ import annotations

import random

import pytest

from sovl_core.events import Reply
from sovl_curiosity import CuriositySettings
from sovl_curiosity.asking import (
    EXAMPLES,
    FIRST_EXAMPLES,
    FIRST_QUESTION,
    answer_confidences,
    question_temperature,
    write_first_question,
    write_question,
)
from sovl_curiosity.wording import reads_as_first_question, reads_as_question

pytestmark = pytest.mark.no_torch

SAID = "I adopted a grey rabbit called Biscuit."


def write(script, said=SAID, asked=(), cancelled=lambda: False, **settings):
    return write_question(said, script, CuriositySettings(**settings), 0.5, random.Random(0), list(asked), cancelled)


def test_the_examples_pass_the_filter_themselves():
    assert all(reads_as_question(question, said) for said, question in EXAMPLES)


def test_a_good_question_is_taken_at_once(script):
    script.questions = ["What does Biscuit eat? I would like to know."]
    assert write(script) == "What does Biscuit eat?"
    (turn,) = script.turns
    assert turn.purpose == "question"
    assert SAID in turn.prompt
    assert (turn.max_new_tokens, turn.top_k, turn.temperature) == (24, 30, pytest.approx(1.3))


def test_writing_goes_on_until_one_reads_as_a_question(script):
    script.questions = ["Rabbits are nice.", "What is my rabbit?", "Where does Biscuit sleep?"]
    assert write(script) == "Where does Biscuit sleep?"


def test_each_attempt_has_a_seed_of_its_own(script):
    write(script)
    assert len({turn.seed for turn in script.turns}) == 3


def test_a_plain_question_is_the_floor(script):
    assert write(script) == "Can you tell me more about Biscuit?"
    assert write(script, asked=["Can you tell me more about Biscuit?"]) is None


def test_tried_once_there_is_no_floor(script):
    script.questions = ["Rabbits are nice.", "Where does Biscuit sleep?"]
    assert write_question(SAID, script, CuriositySettings(), 0.5, random.Random(0), [], once=True) is None
    assert script.count("question") == 1


def test_nothing_is_asked_twice(script):
    script.questions = ["What does Biscuit eat?"] * 3
    assert write(script, asked=["what does biscuit eat?"]) == "Can you tell me more about Biscuit?"


@pytest.mark.parametrize("said", ["ok", "", "yes, thanks"])
def test_words_without_content_are_not_worth_a_pass_of_the_model(script, said):
    assert write(script, said) is None
    assert script.turns == []


def test_cancelling_ends_the_writing(script):
    assert write(script, cancelled=lambda: True) is None
    assert script.turns == []


@pytest.mark.parametrize(("temperament", "temperature"), [(0.0, 1.1), (1.0, 1.5), (-1.0, 0.7)])
def test_temperature_follows_the_mood(temperament, temperature):
    assert question_temperature(CuriositySettings(), temperament) == pytest.approx(temperature)


def test_temperature_is_bounded_but_a_setting_is_not_overruled():
    assert question_temperature(CuriositySettings(temperament_influence=1.0), -1.0) == 0.7
    assert question_temperature(CuriositySettings(temperament_influence=1.0), 1.0) == 1.7
    assert question_temperature(CuriositySettings(temperature=0.0), 0.0) == 0.0


def test_both_answers_are_tried_greedily():
    turns = []

    def generate(turn):
        turns.append(turn)
        return Reply("Hay.", confidence=0.9 if turn.use_scaffold else 0.3)

    assert answer_confidences("What does it eat?", generate, 12) == (0.3, 0.9)
    assert all((turn.temperature, turn.max_new_tokens, turn.purpose) == (0.0, 12, "evaluation") for turn in turns)


def test_a_first_question_speaks_to_somebody_unknown(script):
    script.questions = ["Biscuits are nice.", FIRST_EXAMPLES[0], "What is my name?", "What do you do all day? Tell me."]
    first = write_first_question(script, CuriositySettings(attempts=5), 0.0, random.Random(0))
    assert first == "What do you do all day?"
    assert [turn.purpose for turn in script.turns] == ["question"] * 4
    assert [message.content for message in script.turns[0].history[1::2]] == list(FIRST_EXAMPLES)


def test_a_plain_first_question_is_the_floor(script):
    assert write_first_question(script, CuriositySettings(), 0.0, random.Random(0)) == FIRST_QUESTION
    assert all(reads_as_first_question(question) for question in (FIRST_QUESTION, *FIRST_EXAMPLES))
