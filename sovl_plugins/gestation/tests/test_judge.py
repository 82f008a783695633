"""The judge with replies and drift that are made up; the base is a real tiny one only where its bits count."""

from __future__ import annotations

import contextlib
import math
import random
from types import SimpleNamespace

import pytest
import torch

from sovl_core.drift import DriftReport
from sovl_core.events import Dream, Night, Reply
from sovl_gestation import GestationSettings
from sovl_gestation.judge import SEARCH_STEPS, Judge, fingerprint


class Base(torch.nn.Module):
    """A base that looks its logits up."""

    def __init__(self):
        super().__init__()
        self.table = torch.nn.Parameter(torch.arange(50.0).reshape(5, 10))

    def forward(self, input_ids):
        return SimpleNamespace(logits=self.table[input_ids])


@pytest.fixture
def models():
    tokenizer = SimpleNamespace(encode=lambda text: [1, 4, 2])
    return SimpleNamespace(
        base=Base(), base_tokenizer=tokenizer, device=torch.device("cpu"), bypass=contextlib.nullcontext
    )


@pytest.fixture
def make(models, tmp_path, mocker):
    """Return ``make(knows=(...), drift=function of the multiplier, **settings)``: a judge, what it asked is kept."""

    def build(knows=(), drift=lambda multiplier: 0.0, **settings):
        asked, measured = [], []

        def generate(turn):
            asked.append(turn)
            return Reply("It is " + " and ".join(knows) + ".")

        def measure(models, hooks, generate, prompts, system_prompt, influence, *rest):
            measured.append((list(prompts), influence))
            return DriftReport(drift(influence), 0.0)

        mocker.patch("sovl_gestation.judge.measure_drift", measure)
        night = Night(2, 1, [], [], models, tmp_path, random.Random(0))
        judge = Judge(night, GestationSettings(**settings), None, generate, "")
        judge.asked, judge.measured = asked, measured
        return judge

    return build


def held_out(answer, parent=1, kind="question", **fields):
    return Dream(kind, f"Who is {answer}?", f"It is {answer}.", [parent], answer=answer, held_out=True, **fields)


TONIGHT = [
    held_out("Rex", 1),
    held_out("Graz", 2),
    Dream("question", "trained", "It is Tea.", [3], answer="Tea"),
    Dream("background", "Tell a joke", "No.", held_out=True),
    Dream("background", "Not this one", "No."),
]


def test_a_night_within_budget_is_accepted(make):
    judge = make(["Rex", "Graz"], drift_budget=0.05)
    verdict = judge.judge(TONIGHT, [])
    assert (verdict.status, verdict.multiplier) == ("accepted", 1.0)
    assert verdict.metrics == {
        "base_bit_exact": True,
        "drift_full": 0.0,
        "drift": 0.0,
        "multiplier": 1.0,
        "judged": 2,
        "recall": 1.0,
        "old_recall": None,
    }


def test_it_asks_about_what_was_held_out_greedily_and_in_a_conversation_of_its_own(make):
    judge = make(["Rex"])
    judge.judge(TONIGHT, [])
    assert [turn.prompt for turn in judge.asked] == ["Who is Rex?", "Who is Graz?"]
    for turn in judge.asked:
        assert (turn.purpose, turn.temperature, turn.history, turn.influence) == ("evaluation", 0.0, [], 1.0)
    assert judge.measured == [(["Tell a joke"], 1.0)]


@pytest.mark.parametrize("limit", [0.07, 0.3, 0.6, 0.99])
def test_a_night_that_drifts_keeps_the_largest_influence_within_budget(make, limit):
    judge = make(["Rex", "Graz"], drift=lambda influence: 0.04 if influence <= limit else 0.2, drift_budget=0.05)
    verdict = judge.judge(TONIGHT, [])
    grain = 2.0**-SEARCH_STEPS
    assert verdict.status == "partial"
    assert verdict.multiplier == math.floor(limit / grain) * grain
    assert verdict.metrics["drift"] == 0.04
    assert verdict.metrics["drift_full"] == 0.2
    assert {turn.influence for turn in judge.asked} == {verdict.multiplier}
    assert "0.200 was over the budget of 0.05" in verdict.reason


def test_drift_at_the_budget_is_within_it(make):
    assert make(["Rex", "Graz"], drift=lambda influence: 0.05, drift_budget=0.05).judge(TONIGHT, []).multiplier == 1.0


@pytest.mark.parametrize("drift", [0.2, float("inf"), float("nan")])
def test_a_night_that_drifts_at_any_influence_is_set_aside(make, drift):
    verdict = make(["Rex", "Graz"], drift=lambda influence: drift, drift_budget=0.05).judge(TONIGHT, [])
    assert (verdict.status, verdict.multiplier) == ("set_aside", 0.0)
    assert "at any influence" in verdict.reason


@pytest.mark.parametrize(("knows", "status"), [([], "set_aside"), (["graz"], "accepted")])
def test_a_night_that_recalls_too_little_is_set_aside(make, knows, status):
    verdict = make(knows, least_recall=0.5).judge(TONIGHT, [])
    assert verdict.status == status
    assert verdict.metrics["recall"] == len(knows) / 2
    assert ("recalled" in verdict.reason) == (status == "set_aside")


def test_recall_is_judged_at_the_influence_that_is_within_budget(make):
    judge = make(["Rex"], drift=lambda influence: influence, drift_budget=0.5, least_recall=0.6)
    verdict = judge.judge(TONIGHT, [])
    assert (verdict.status, verdict.multiplier) == ("set_aside", 0.0)
    assert {turn.influence for turn in judge.asked} == {0.5}


def test_a_base_that_has_changed_sets_the_night_aside_whatever_it_knows(make, models):
    judge = make(["Rex", "Graz"])
    with torch.no_grad():
        models.base.table[4, 3] += 1e-4
    verdict = judge.judge(TONIGHT, [])
    assert (verdict.status, verdict.multiplier) == ("set_aside", 0.0)
    assert verdict.metrics["base_bit_exact"] is False
    assert "base" in verdict.reason


def test_old_memories_are_asked_about_and_do_not_decide(make):
    judge = make(["Rex", "Graz"])
    old = [Dream("question", "Where?", "In Paris.", [9], answer="Paris")] * 3
    verdict = judge.judge(TONIGHT, old)
    assert verdict.status == "accepted"
    assert verdict.metrics["old_recall"] == 0.0
    assert [turn.prompt for turn in judge.asked].count("Where?") == 1


def test_each_memory_is_asked_about_once_and_not_more_than_so_many(make):
    judge = make(["Rex"], judged_memories=3)
    dreams = [held_out("Rex", parent) for parent in range(5) for _ in range(2)] + [held_out("")]
    assert judge.judge(dreams, []).metrics["judged"] == 3
    assert len(judge.asked) == 3


def test_one_memory_may_hold_several_answers(make):
    assert make(["Rex"]).judge([held_out("Rex", 1), held_out("Graz", 1)], []).metrics["recall"] == 0.5


def test_with_nothing_held_out_recall_does_not_decide(make):
    verdict = make([], least_recall=1.0).judge([], [])
    assert verdict.status == "accepted"
    assert math.isnan(verdict.metrics["recall"])


def test_it_gives_way_between_questions_and_tells_how_far_it_is(make):
    judge = make(["Rex"])
    breaths, told = [], []
    judge.night.breathe = lambda: breaths.append(1)
    judge.night.progress = lambda progress: told.append((progress.stage, progress.step, progress.total))
    judge.recall([held_out("Rex"), held_out("Graz")])
    assert len(breaths) == 2
    assert told == [("judge", 1, 2), ("judge", 2, 2)]


def test_the_fingerprint_is_a_copy(models):
    before = fingerprint(models)
    with torch.no_grad():
        models.base.table.add_(1)
    assert before.shape == (3, 10)
    assert not torch.equal(before, fingerprint(models))
