from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any, Dict, List

import pytest

from sovl_core.error_handling import DataError
from sovl_core.evaluation.arms import ARMS
from sovl_core.evaluation.facts import Asked, Fact
from sovl_core.evaluation.questions import Answered, Examination, FactResult
from sovl_core.evaluation.results import ArmResult, EvaluationResult
from sovl_core.events import Progress

pytestmark = pytest.mark.no_torch

LINE = {"tell": "My dog is Rex.", "ask": ["What is my dog called?"], "answer": ["Rex"]}


class FakeEvaluation:
    """Finds that everything is recalled; breaks off after its first arm where ``breaks`` says so for its seed."""

    made: List[Any] = []
    breaks: Dict[int, BaseException] = {}

    def __init__(self, plan: Any, workplace: Any, progress: Any, found: Any) -> None:
        self.plan, self.workplace, self.progress, self.found = plan, workplace, progress, found
        FakeEvaluation.made.append(self)

    def run(self) -> EvaluationResult:
        assert self.workplace.folder.is_dir()
        self.progress(Progress("base: questions", 1, 1))
        fact = Fact("My dog is Rex.", Asked(("What is my dog called?",), ("Rex",)))
        examination = Examination([FactResult(fact, [Answered("What is my dog called?", "Rex", True)])], [])
        arms: Dict[str, ArmResult] = {}
        result = EvaluationResult(1, arms, {"seed": self.plan.seed}, complete=False)
        for arm in self.plan.arms:
            arms[arm] = ArmResult(examination, 0.0, 0.125 * self.plan.seed, 1.0, 1.0)
            result.complete = len(arms) == len(self.plan.arms)
            self.found(result)
            if self.plan.seed in self.breaks:
                raise self.breaks[self.plan.seed]
        return result


@pytest.fixture
def made(mocker: Any) -> List[Any]:
    FakeEvaluation.made, FakeEvaluation.breaks = [], {}
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
        (["--seed", "1", "--seeds", "1,2"], "--seed and --seeds: give one of them"),
        (["--seeds", "1,two"], "'two' is not a valid integer"),
        (["--seeds", "1,-2"], "-2 is not in the range"),
        (["--seeds", ","], "no seed is named"),
        (["--seed", "-1"], "-1 is not in the range"),
        (["more.jsonl"], "One file of facts is needed"),
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


def test_without_a_file_it_says_what_is_needed(shell: Any, made: List[Any]) -> None:
    assert shell("eval") == 2
    assert "One file of facts is needed, or --from OUT" in shell.err


# ----- several seeds


def test_each_seed_has_an_evaluation_and_lives_of_its_own(
    shell: Any, facts: Path, made: List[Any], tmp_path: Path
) -> None:
    out, kept = tmp_path / "out.json", tmp_path / "kept"
    arguments = ["--seeds", "3, 1,3", "--arms", "base,sovl", "--json", str(out), "--keep", str(kept)]
    assert shell("eval", str(facts), *arguments) == 0
    assert [one.plan.seed for one in made] == [3, 1]
    assert [one.workplace.folder for one in made] == [kept / "seed-3", kept / "seed-1"]
    values = json.loads(out.read_text())
    assert (values["arms"]["sovl"]["kl"], values["spread"]["sovl"]["kl"]) == (0.25, [0.125, 0.375])
    assert list(values["seeds"]) == ["3", "1"]
    assert "complete" not in values
    assert "mean of the seeds 3, 1" in shell.out
    assert "seed 3, base: questions" in shell.err


def test_one_of_several_seeds_is_a_single_result(shell: Any, facts: Path, made: List[Any]) -> None:
    assert shell("eval", str(facts), "--seeds", "7", "--arms", "base", "--json", "-") == 0
    values = json.loads(shell.out)
    assert (list(values), values["about"]["seed"]) == (["facts", "arms", "about"], 7)
    assert "seed 7" not in shell.err


@pytest.mark.parametrize(("error", "status"), [(KeyboardInterrupt(), 130), (DataError("The night failed"), 2)])
def test_what_was_found_outlives_what_breaks_off(
    shell: Any, facts: Path, made: List[Any], tmp_path: Path, error: BaseException, status: int
) -> None:
    out = tmp_path / "out.json"
    FakeEvaluation.breaks = {2: error}
    arguments = [str(facts), "--seeds", "1,2,3", "--arms", "base,sovl", "--json", str(out)]
    assert shell("eval", *arguments) == status
    values = json.loads(out.read_text())
    assert values["complete"] is False
    assert {seed: list(one["arms"]) for seed, one in values["seeds"].items()} == {"1": ["base", "sovl"], "2": ["base"]}
    assert f"What was measured so far is in {out}" in shell.err
    assert "Unfinished" in shell.out
    assert "sovl: of the seeds 1 alone" in shell.out
    assert not made[0].workplace.folder.exists()
    # Shown again, and put together with what was measured later.
    assert shell("eval", "--from", str(out)) == 0
    assert "Unfinished" in shell.out


def test_a_folder_to_keep_that_is_not_empty_is_refused_whatever_the_seeds(
    shell: Any, facts: Path, made: List[Any]
) -> None:
    assert shell("eval", str(facts), "--seeds", "1,2", "--keep", str(facts.parent)) == 2
    assert "Give --keep a new folder" in shell.err
    assert made == []


# ----- earlier results


def test_earlier_results_are_shown_and_written_as_one(shell: Any, facts: Path, made: List[Any], tmp_path: Path) -> None:
    for seed in ("1", "2"):
        arguments = ["--seed", seed, "--arms", "base", "--json", str(tmp_path / f"{seed}.json")]
        assert shell("eval", str(facts), *arguments) == 0
    both = tmp_path / "both.json"
    measured = len(made)
    # As a shell writes out a pattern: the option takes the first, the rest follows.
    assert shell("eval", "--from", str(tmp_path / "1.json"), str(tmp_path / "2.json"), "--json", str(both)) == 0
    assert "mean of the seeds 1, 2" in shell.out
    assert json.loads(both.read_text())["spread"]["base"]["kl"] == [0.125, 0.25]
    assert len(made) == measured
    assert shell("eval", "--from", str(both), "--from", str(both)) == 2
    assert "stands in" in shell.err


@pytest.mark.parametrize("option", [["--nights", "1"], ["--seed", "1"], ["--seeds", "1"], ["--arms", "base"]])
def test_what_was_measured_cannot_be_measured_otherwise(shell: Any, tmp_path: Path, option: List[str]) -> None:
    assert shell("eval", "--from", str(tmp_path / "1.json"), *option) == 2
    assert f"{option[0]} changes nothing" in shell.err


# ----- plots


def test_plots_are_drawn_when_all_is_measured(shell: Any, facts: Path, made: List[Any], mocker: Any) -> None:
    checked = mocker.patch("sovl_core.evaluation.plots.require_plots")
    drawn = mocker.patch("sovl_core.evaluation.plots.draw", return_value=[Path("plots/a.png")])
    assert shell("eval", str(facts), "--arms", "base", "--plot", "plots") == 0
    checked.assert_called_once_with(Path("plots"))
    values, folder = drawn.call_args.args
    assert (values["arms"]["base"]["recall"], folder) == (1.0, Path("plots"))
    assert "Plots: plots/a.png" in shell.err


def test_plots_that_cannot_be_drawn_are_refused_before_any_work(
    shell: Any, facts: Path, made: List[Any], mocker: Any
) -> None:
    mocker.patch.dict(sys.modules, {"matplotlib": None})
    assert shell("eval", str(facts), "--plot", "plots") == 2
    assert 'pip install "sovl[plot]"' in shell.err
    assert made == []
