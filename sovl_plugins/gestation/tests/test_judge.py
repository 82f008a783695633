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
    """Return ``make(knows=(...), drift=function of prompt and reach, **settings)``: a judge, what it asked is kept.

    What drifts not at all is what the base says, bit for bit.
    """

    def build(knows=(), drift=lambda prompt, reach: 0.0, **settings):
        asked, measured = [], []

        def generate(turn):
            asked.append(turn)
            return Reply("It is " + " and ".join(judge.knows) + ".")

        def measure(models, hooks, generate, prompts, system_prompt, reach, tokens, breathe, progress):
            measured.append((list(prompts), reach))
            found = {prompt: drift(prompt, reach) for prompt in prompts}
            for count in range(len(prompts)):
                breathe()
                progress(count)
            changed = [prompt for prompt, kl in found.items() if kl != 0.0]
            return DriftReport(sum(found.values()) / max(1, len(prompts)), 0.0, changed=changed)

        mocker.patch("sovl_gestation.judge.measure_drift", measure)
        night = Night(2, 1, [], [], models, tmp_path, random.Random(0))
        judge = Judge(night, GestationSettings(**settings), None, generate, "")
        judge.knows, judge.asked, judge.measured = list(knows), asked, measured
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
    Dream("contrast", "Where is my boat?", "No.", held_out=True),
    Dream("contrast", "Nor this one", "No."),
]


def test_a_night_within_budget_is_accepted(make):
    judge = make(["Rex", "Graz"], drift_budget=0.05)
    verdict = judge.judge([d for d in TONIGHT if d.kind != "contrast"])
    assert (verdict.status, verdict.multiplier) == ("accepted", 1.0)
    assert verdict.metrics == {
        "base_bit_exact": True,
        "drift_full": 0.0,
        "drift": 0.0,
        "multiplier": 1.0,
        "judged": 2,
        "recall": 1.0,
        "false_recall": None,
        "old_recall_before": None,
        "old_recall": None,
        "of": {"recall": 2, "false_recall": 0, "old_recall_before": 0, "old_recall": 0},
    }


def test_it_asks_about_what_was_held_out_greedily_and_in_a_conversation_of_its_own(make):
    judge = make(["Rex"])
    judge.judge(TONIGHT)
    assert [turn.prompt for turn in judge.asked] == ["Who is Rex?", "Who is Graz?", "Where is my boat?"]
    for turn in judge.asked:
        assert (turn.purpose, turn.temperature, turn.history) == ("evaluation", 0.0, [])
        assert (turn.influence, turn.reach) == (1.0, 1.0)
    assert judge.measured == [(["Tell a joke"], 1.0)]


@pytest.mark.parametrize("limit", [0.07, 0.3, 0.6, 0.99])
def test_a_night_that_drifts_keeps_the_largest_reach_within_budget(make, limit):
    judge = make(["Rex", "Graz"], lambda prompt, reach: 0.04 if reach <= limit else 0.2, drift_budget=0.05)
    verdict = judge.judge(TONIGHT)
    grain = 2.0**-SEARCH_STEPS
    assert verdict.status == "partial"
    assert verdict.multiplier == math.floor(limit / grain) * grain
    assert verdict.metrics["drift"] == 0.04
    assert verdict.metrics["drift_full"] == 0.2
    assert {(turn.reach, turn.influence) for turn in judge.asked} == {(verdict.multiplier, 1.0)}
    assert verdict.reason == f"drift 0.200 is over the budget of 0.05: reach {verdict.multiplier:.2f}"


def background(*prompts):
    return [Dream("background", prompt, "No.", held_out=True) for prompt in prompts]


def test_the_search_measures_anew_only_what_the_whole_reach_changes(make):
    """What the whole reach left to the base, less of it leaves to the base; its share of the mean stays."""
    heard = {"moved": 0.3, "a little": 0.1}
    judge = make(
        ["Rex", "Graz"],
        lambda prompt, reach: heard.get(prompt, 0.0) if reach > 0.5 or prompt == "a little" else 0.0,
        drift_budget=0.05,
    )
    verdict = judge.judge([*TONIGHT[:3], *background("moved", "same", "a little", "alike")])
    (everything, whole), *search = judge.measured
    assert (everything, whole) == (["moved", "same", "a little", "alike"], 1.0)
    assert len(search) == SEARCH_STEPS
    assert {tuple(prompts) for prompts, _ in search} == {("moved", "a little")}
    assert verdict.multiplier == 0.5
    assert verdict.metrics["drift_full"] == pytest.approx(0.4 / 4)
    assert verdict.metrics["drift"] == pytest.approx(0.1 / 4)


def test_within_budget_nothing_is_measured_twice(make):
    judge = make(["Rex", "Graz"], lambda prompt, reach: 0.05, drift_budget=0.05)
    assert judge.judge(TONIGHT).multiplier == 1.0
    assert len(judge.measured) == 1


@pytest.mark.parametrize("drift", [0.2, float("inf"), float("nan")])
def test_a_night_that_drifts_at_any_reach_is_set_aside(make, drift):
    verdict = make(["Rex", "Graz"], lambda prompt, reach: drift, drift_budget=0.05).judge(TONIGHT)
    assert (verdict.status, verdict.multiplier) == ("set_aside", 0.0)
    assert "at any reach" in verdict.reason


@pytest.mark.parametrize(("knows", "status"), [([], "set_aside"), (["graz"], "accepted")])
def test_a_night_that_recalls_too_little_is_set_aside(make, knows, status):
    verdict = make(knows, least_recall=0.5).judge(TONIGHT)
    assert verdict.status == status
    assert verdict.metrics["recall"] == len(knows) / 2
    assert verdict.reason == ("tonight's memories: 0 of 2 recalled" if status == "set_aside" else "within budget")


def test_recall_is_judged_at_the_reach_that_is_within_budget(make):
    judge = make(["Rex"], lambda prompt, reach: reach, drift_budget=0.5, least_recall=0.6)
    verdict = judge.judge(TONIGHT)
    assert (verdict.status, verdict.multiplier) == ("set_aside", 0.0)
    assert {turn.reach for turn in judge.asked} == {0.5}


def test_a_base_that_has_changed_sets_the_night_aside_whatever_it_knows(make, models):
    judge = make(["Rex", "Graz"])
    with torch.no_grad():
        models.base.table[4, 3] += 1e-4
    verdict = judge.judge(TONIGHT)
    assert (verdict.status, verdict.multiplier) == ("set_aside", 0.0)
    assert verdict.metrics["base_bit_exact"] is False
    assert "base" in verdict.reason


def old(*answers):
    return [Dream("question", f"Old: {answer}?", f"In {answer}.", [9], answer=answer) for answer in answers]


def test_older_memories_are_asked_about_before_the_night_and_after_it(make):
    judge = make(["Rex", "Graz", "Paris"])
    judge.look_back([*old("Paris", "Rome"), *old("Paris")])
    assert [turn.prompt for turn in judge.asked] == ["Old: Paris?", "Old: Rome?"]
    judge.asked.clear()
    judge.knows.append("Rome")
    verdict = judge.judge(TONIGHT)
    assert verdict.status == "accepted"
    assert (verdict.metrics["old_recall_before"], verdict.metrics["old_recall"]) == (0.5, 1.0)
    assert [turn.prompt for turn in judge.asked if turn.prompt.startswith("Old")] == ["Old: Paris?", "Old: Rome?"]


def test_it_looks_back_with_what_was_accepted_in_place(make):
    judge, order = make(), []

    @contextlib.contextmanager
    def by_day():
        order.append("by day")
        yield
        order.append(len(judge.asked))

    judge.night.by_day = by_day
    judge.look_back([])
    assert order == []
    judge.look_back(old("Paris"))
    assert order == ["by day", 1]


def test_not_more_older_memories_than_so_many_are_asked_about(make):
    judge = make(judged_memories=2)
    judge.look_back(old("Paris", "Rome", "Oslo"))
    assert len(judge.asked) == 2


CITIES = ["Paris", "Rome", "Oslo", "Riga", "Bonn"]


@pytest.mark.parametrize(
    ("before", "after", "budget", "status"),
    [
        (5, 4, 0.2, "accepted"),
        (5, 3, 0.2, "set_aside"),
        # 0.8 - 0.2 is a little more than 0.6: what is at the budget is within it.
        (4, 3, 0.2, "accepted"),
        (3, 2, 0.2, "accepted"),
        (4, 3, 0.0, "set_aside"),
        (3, 3, 0.0, "accepted"),
        (2, 4, 0.0, "accepted"),
        (5, 0, 1.0, "accepted"),
    ],
)
def test_a_night_that_costs_older_memories_is_set_aside(make, before, after, budget, status):
    judge = make(["Rex", "Graz", *CITIES[:before]], forgetting_budget=budget)
    judge.look_back(old(*CITIES))
    judge.knows[:] = ["Rex", "Graz", *CITIES[:after]]
    verdict = judge.judge(TONIGHT)
    assert verdict.status == status
    if status == "set_aside":
        assert verdict.multiplier == 0.0
        assert verdict.reason == f"older memories: {after} of 5 recalled, {before} before the night"
    assert verdict.metrics["of"] == {"recall": 2, "false_recall": 1, "old_recall_before": 5, "old_recall": 5}


def test_older_memories_are_asked_about_at_the_reach_that_is_within_budget(make):
    judge = make(["Rex", "Graz"], lambda prompt, reach: reach, drift_budget=0.5)
    judge.look_back(old("Paris"))
    judge.judge(TONIGHT)
    assert {turn.prompt: turn.reach for turn in judge.asked}["Old: Paris?"] == 0.5


def test_what_was_never_told_and_is_answered_with_what_was_is_counted_and_does_not_decide(make):
    asked = [Dream("contrast", f"{n}?", "No.", held_out=True) for n in range(4)]
    judge = make(["Rex", "Graz"])
    assert judge.judge([*TONIGHT, *asked]).metrics["false_recall"] == 1.0
    judge.knows[:] = ["tea"]
    verdict = judge.judge([*TONIGHT, *asked])
    # Tonight's answers are those of every dream, not of held-out ones alone.
    assert verdict.metrics["false_recall"] == 1.0
    judge.knows[:] = ["nothing I know of"]
    assert judge.judge([*TONIGHT, *asked]).metrics["false_recall"] == 0.0
    judge.knows[:] = ["Rex", "Graz"]
    judge.asked.clear()
    judge.settings.judged_memories = 3
    assert judge.judge([*TONIGHT, *asked]).status == "accepted"
    contrast = [turn.prompt for turn in judge.asked if turn.prompt.endswith(("0?", "1?", "2?", "3?", "boat?"))]
    assert contrast == ["Where is my boat?", "0?", "1?"]


def test_what_is_never_told_is_no_memory_to_be_recalled(make):
    judge = make(["Rex", "Graz"])
    dreams = [*TONIGHT, Dream("contrast", "Who?", "Max.", [4], answer="Max", held_out=True)]
    assert judge.judge(dreams).metrics["judged"] == 2


def test_each_memory_is_asked_about_once_and_not_more_than_so_many(make):
    judge = make(["Rex"], judged_memories=3)
    dreams = [held_out("Rex", parent) for parent in range(5) for _ in range(2)] + [held_out("")]
    assert judge.judge(dreams).metrics["judged"] == 3
    assert len(judge.asked) == 3


def test_one_memory_may_hold_several_answers(make):
    assert make(["Rex"]).judge([held_out("Rex", 1), held_out("Graz", 1)]).metrics["recall"] == 0.5


def test_with_nothing_held_out_recall_does_not_decide(make):
    verdict = make([], least_recall=1.0).judge([])
    assert verdict.status == "accepted"
    assert math.isnan(verdict.metrics["recall"])


def test_what_it_knew_before_is_told_from_what_it_knows(make):
    judge = make(["Rex"])
    told = []
    judge.night.progress = lambda at: told.append(at.detail)
    judge.look_back(TONIGHT[:1])
    judge.judge(TONIGHT[:1])
    assert told.index("what it knew before") < told.index("what it knows")


def test_it_gives_way_between_questions_and_tells_how_far_it_is(make):
    judge = make(["Rex"])
    breaths, told = [], []
    judge.night.breathe = lambda: breaths.append(1)
    judge.night.progress = lambda at: told.append((at.stage, at.detail, at.step, at.total))
    judge.judge([*TONIGHT, *background("Count to ten")])
    assert len(breaths) == 5
    assert told == [
        ("judge", "what it changes", 0, 2),
        ("judge", "what it changes", 1, 2),
        ("judge", "what it knows", 1, 2),
        ("judge", "what it knows", 2, 2),
        ("judge", "what it was never told", 1, 1),
    ]


def test_the_fingerprint_is_a_copy(models):
    before = fingerprint(models)
    with torch.no_grad():
        models.base.table.add_(1)
    assert before.shape == (3, 10)
    assert not torch.equal(before, fingerprint(models))


def test_an_answer_inside_another_word_is_neither_known_nor_confused(make):
    judge = make(["Maybe"])
    asked = [held_out("May"), held_out("never told", kind="contrast")]
    assert judge.recall(asked[:1]) == 0.0
    assert judge.false_recall(asked) == 0.0
    judge.knows = ["May"]
    assert judge.recall(asked[:1]) == 1.0
    assert judge.false_recall(asked) == 1.0
