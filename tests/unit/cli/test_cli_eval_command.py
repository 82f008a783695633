from __future__ import annotations

import json
from pathlib import Path
from typing import Any, List

import pytest

from sovl_core.evaluation.arms import ARMS
from sovl_core.evaluation.facts import Asked, Fact
from sovl_core.evaluation.questions import Answered, Examination, FactResult
from sovl_core.evaluation.results import ArmResult, EvaluationResult

pytestmark = pytest.mark.no_torch

LINE = {"tell": "My dog is Rex.", "ask": ["What is my dog called?"], "answer": ["Rex"]}


class FakeEvaluation:
    """Finds that everything is recalled."""

    made: List[Any] = []

    def __init__(self, plan: Any, workplace: Any, progress: Any) -> None:
        self.plan, self.workplace = plan, workplace
        FakeEvaluation.made.append(self)

    def run(self) -> EvaluationResult:
        assert self.workplace.folder.is_dir()
        fact = Fact("My dog is Rex.", Asked(("What is my dog called?",), ("Rex",)))
        examination = Examination([FactResult(fact, [Answered("What is my dog called?", "Rex", True)])], [])
        return EvaluationResult(1, 1, {arm: ArmResult(examination, 0.0, 0.0, 1.0, 1.0) for arm in self.plan.arms})


@pytest.fixture
def made(mocker: Any) -> List[Any]:
    FakeEvaluation.made = []
    mocker.patch("sovl_core.evaluation.run.Evaluation", FakeEvaluation)
    return FakeEvaluation.made


@pytest.fixture
def facts(tmp_path: Path) -> Path:
    path = tmp_path / "facts.jsonl"
    path.write_text(json.dumps(LINE) + "\n")
    return path


def test_all_arms_are_shown_and_the_life_is_left_alone(shell: Any, facts: Path, made: List[Any]) -> None:
    assert shell("eval", str(facts)) == 0
    assert made[0].plan.arms == list(ARMS)
    assert (made[0].plan.nights, made[0].plan.seed) == (1, 42)
    assert "sovl-no-dreams" in shell.out
    assert shell.system is None
    assert not shell.folder.exists()
    assert not made[0].workplace.folder.exists()


def test_options_reach_the_plan_and_the_lives(shell: Any, facts: Path, made: List[Any], tmp_path: Path) -> None:
    text = tmp_path / "text.txt"
    text.write_text("one two three four")
    arguments = ["--arms", "sovl,base", "--seed", "7", "--background", str(text), "--keep", str(tmp_path / "kept")]
    more = ["--set", "core.device=cpu", "--no-plugin", "curiosity"]
    assert shell("eval", str(facts), *arguments, *more) == 0
    plan, place = made[0].plan, made[0].workplace
    assert (plan.arms, plan.seed, plan.background) == (["base", "sovl"], 7, "one two three four")
    assert place.folder == tmp_path / "kept"
    assert place.folder.is_dir()
    assert place.overrides == {"core.device": "cpu"}
    assert place.without == ("curiosity",)
    assert place.settings_file == shell.folder / "life.toml"


def test_results_are_written_as_json(shell: Any, facts: Path, made: List[Any], tmp_path: Path) -> None:
    out = tmp_path / "out.json"
    assert shell("eval", str(facts), "--arms", "base", "--json", str(out)) == 0
    assert json.loads(out.read_text())["arms"]["base"]["recall"] == 1.0
    assert str(out) in shell.err
    assert shell("eval", str(facts), "--arms", "base", "--json", "-") == 0
    assert json.loads(shell.out)["facts"] == 1


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["--arms", "sovel"], "Did you mean sovl?"),
        (["--nights", "2"], "Choose --nights from 1 to 1"),
        (["--nights", "0"], "--nights"),
        (["--background", "nonesuch.txt"], "nonesuch.txt cannot be read"),
        (["--json", "nonesuch/out.json"], "out.json cannot be written"),
    ],
)
def test_what_cannot_be_used_is_refused_before_any_work(
    shell: Any, facts: Path, made: List[Any], arguments: List[str], text: str
) -> None:
    assert shell("eval", str(facts), *arguments) == 2
    assert text in shell.err
    assert made == []


def test_a_bad_line_is_named(shell: Any, facts: Path, made: List[Any]) -> None:
    facts.write_text(json.dumps(LINE) + "\n{}\n")
    assert shell("eval", str(facts)) == 2
    assert "line 2" in shell.err
    assert shell("eval", str(facts.parent / "none.jsonl")) == 2
    assert made == []


def test_what_seems_wrong_is_told(shell: Any, facts: Path, made: List[Any]) -> None:
    facts.write_text(json.dumps({**LINE, "reverze": 1}) + "\n")
    assert shell("eval", str(facts)) == 0
    assert "Did you mean reverse?" in shell.err
