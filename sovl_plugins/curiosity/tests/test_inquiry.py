"""Candidates: written, weighed, compared with dreams and with earlier questions."""

from __future__ import annotations

import pytest

from sovl_curiosity import CuriositySettings, TrueCuriosity
from sovl_curiosity.inquiry import Inquiry

SAID = "My rabbit Biscuit likes parsley."


@pytest.fixture
def inquiry(context):
    context.settings = CuriositySettings(metric="classic")
    return Inquiry(context, TrueCuriosity(context.settings))


def test_a_candidate_says_what_it_is_worth_and_about(inquiry, script):
    script.questions = ["Where does Biscuit sleep?"]
    script.confidence = 0.25
    candidate = inquiry.question_about(SAID, [])
    assert candidate.text == "Where does Biscuit sleep?"
    assert candidate.interest.score == pytest.approx(0.7 * 0.75 + 0.3)
    why = {"about": SAID, "score": 0.825, "ignorance": 0.75, "novelty": 1.0, "calibrated": False}
    assert candidate.details() == why
    assert candidate.details(0.8) == {**why, "threshold": 0.8}


def test_what_was_thought_of_before_is_not_new(inquiry, script):
    script.questions = ["Where does Biscuit sleep?"] * 2
    inquiry.question_about(SAID, [])
    assert inquiry.question_about(SAID, []).interest.novelty == pytest.approx(0.0, abs=1e-6)


def test_what_was_dreamed_of_is_not_new(inquiry, script, mocker):
    from sovl_curiosity import embedding

    script.questions = ["Where does Biscuit sleep?"]
    inquiry.dreamed = [embedding.embed(None, "Where does Biscuit sleep?")]
    assert inquiry.question_about(SAID, []).interest.novelty == pytest.approx(0.0, abs=1e-6)


def test_nothing_is_weighed_without_a_question_or_once_cancelled(inquiry, script):
    assert inquiry.question_about("ok", []) is None
    assert inquiry.question_about(SAID, [], cancelled=lambda: True) is None
    assert script.count("evaluation") == 0


def test_each_piece_of_work_begins_with_a_breath(inquiry, script):
    turns_before = []
    script.questions = ["Rabbits are nice.", "Where does Biscuit sleep?"]
    inquiry.question_about(SAID, [], breathe=lambda: turns_before.append(len(script.turns)))
    # Two tries, and an answer with and without the scaffold.
    assert turns_before == [0, 1, 2, 3]


def test_once_calibrated_one_pass_tells_ignorance(context, script, mocker):
    context.settings = CuriositySettings(metric="calibrated")
    calibration = mocker.Mock(ignorance=mocker.Mock(return_value=0.9))
    inquiry = Inquiry(context, TrueCuriosity(context.settings), lambda: calibration)
    script.questions = ["Where does Biscuit sleep?"]
    candidate = inquiry.question_about(SAID, [])
    assert candidate.interest.ignorance == 0.9
    assert candidate.details()["calibrated"] is True
    (tried,) = [turn for turn in script.turns if turn.purpose == "evaluation"]
    assert (tried.prompt, tried.max_new_tokens, tried.use_scaffold) == ("Where does Biscuit sleep?", 12, True)
    (signals,) = calibration.ignorance.call_args.args
    assert signals.recalled == 0.0


@pytest.mark.parametrize(("metric", "novelty"), [("classic", 1.0), ("ranked", 1.0), ("calibrated", 0.25)])
def test_surprise_at_what_was_said_counts_where_it_is_not_the_classic_formula(context, script, mocker, metric, novelty):
    told = mocker.patch("sovl_curiosity.surprise.surprise", return_value=0.25)
    context.settings = CuriositySettings(metric=metric)
    script.questions = ["Where does Biscuit sleep?"]
    candidate = Inquiry(context, TrueCuriosity(context.settings)).question_about(SAID, [])
    assert candidate.interest.novelty == novelty
    assert [call.args[1] for call in told.call_args_list] == ([SAID] if metric == "calibrated" else [])
