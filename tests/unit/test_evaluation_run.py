from __future__ import annotations

import contextlib
from types import SimpleNamespace
from typing import Any, Dict, Iterator, List, Sequence

import pytest

from sovl_core.error_handling import BadInput
from sovl_core.evaluation.facts import Asked, Fact, FactSet
from sovl_core.evaluation.run import Evaluation, Plan
from sovl_core.events import Dream, NightReport, Progress, Reply, Turn

FACTS = FactSet(
    tuple(Fact(f"Fact {name}.", Asked((f"What is {name}?",), (name,))) for name in ("one", "two", "three")),
    ("What is four?",),
)


SLEEPER = SimpleNamespace(name="sleeper", enabled=True, hooks=["on_sleep"], provides=())


class FakeLife:
    """Recalls what it has slept over, until it forgets it; takes 5 steps a fact unless it is told how many."""

    def __init__(self, arm: str, forgets: Sequence[str]) -> None:
        self.arm, self.forgets = arm, forgets
        self.known: List[str] = []
        self.told: List[str] = []
        self.day: List[str] = []
        self.slept: List[Dict[str, Any]] = []
        self.conversations = 0
        self.fails: Sequence[int] = ()
        self.turns: List[Turn] = []
        self.config = SimpleNamespace(
            core=SimpleNamespace(base_model="tiny", scaffold_model="base"),
            generation=SimpleNamespace(system_prompt=""),
        )
        self.plugins = SimpleNamespace(infos=lambda: [SLEEPER], provenance=lambda: {"dream": "sovl-dream 1"})
        dream = Dream("question", "what is ONE", "one", verdict="accepted")
        self.journal = SimpleNamespace(dreams=lambda limit: [dream])

    def models(self) -> Any:
        return SimpleNamespace(trainable_parameters=lambda: {"sovl": 110, "lora": 90}.get(self.arm, 100))

    def answer(self, turn: Turn) -> Reply:
        self.turns.append(turn)
        return Reply(" ".join(self.known) if turn.use_scaffold else turn.prompt if "Fact" in turn.prompt else "")

    def new_conversation(self) -> None:
        self.conversations += 1

    def tell(self, text: str) -> None:
        self.day.append(text)

    def sleep(self, progress: Any, breathe: Any, **options: Any) -> NightReport:
        self.slept.append(options)
        progress(Progress("train", 1, 1))
        self.known = [word for word in self.known if word not in self.forgets]
        self.known += [text.split()[1].rstrip(".") for text in self.day]
        self.told += self.day
        steps, self.day = options.get("steps", 5 * len(self.day)), []
        status = "set_aside" if self.arm == "sovl" and len(self.slept) in self.fails else "accepted"
        return NightReport(status, steps=steps, metrics={"loss": 0.5})


class FakeWorkplace:
    """Opens fake lives; ``replace`` makes a copy with other overrides, which shares what was opened."""

    def __init__(self, forgets: Sequence[str] = (), fails: Sequence[int] = ()) -> None:
        self.forgets, self.fails = forgets, fails
        self.overrides: Dict[str, Any] = {"x": 1}
        self.lives: Dict[str, FakeLife] = {}
        self.changes: Dict[str, Any] = {}

    @contextlib.contextmanager
    def life(self, arm: str, changes: Any = None, more_plugins: Any = ()) -> Iterator[FakeLife]:
        self.changes[arm] = (changes, [type(plugin).__name__ for plugin in more_plugins])
        self.lives[arm] = FakeLife(arm, self.forgets)
        self.lives[arm].fails = self.fails
        yield self.lives[arm]


@pytest.fixture
def evaluated(mocker: Any) -> Any:
    """Return ``evaluate(arms, nights, forgets)``: (result, workplace, progress)."""
    measures = "sovl_core.evaluation.measures."
    off_topic = SimpleNamespace(kl=0.25, exact=0.5)
    for name in ("measure_off_topic", "measure_prompted"):
        mocker.patch(measures + name, side_effect=lambda *given: given[-1]() or off_topic)
    mocker.patch(measures + "perplexity_ratio", return_value=1.5)
    mocker.patch(measures + "prompted_perplexity_ratio", return_value=1.25)

    def changed(place: FakeWorkplace, overrides: Dict[str, Any]) -> FakeWorkplace:
        place.overrides = overrides
        return place

    real = Evaluation.__init__.__globals__["replace"]
    mocker.patch(
        "sovl_core.evaluation.run.replace",
        side_effect=lambda what, **to: changed(what, **to) if isinstance(what, FakeWorkplace) else real(what, **to),
    )

    def evaluate(arms: Sequence[str], nights: int = 1, forgets: Sequence[str] = (), fails: Sequence[int] = ()) -> Any:
        place, progress = FakeWorkplace(forgets, fails), []
        ticks = iter(range(1000))
        plan = Plan(FACTS, arms, nights, "some words to foretell", seed=7, prompts=["Hello"])
        evaluate.found = []  # type: ignore[attr-defined]
        clock, found = (lambda: float(next(ticks))), evaluate.found.append  # type: ignore[attr-defined]
        evaluation = Evaluation(plan, place, progress.append, clock=clock, found=found)  # type: ignore[arg-type]
        return evaluation.run(), place, progress

    return evaluate


def test_the_bare_base_is_what_every_arm_starts_from(evaluated: Any) -> None:
    result, place, _ = evaluated(["base", "sovl"])
    base, sovl = result.arms["base"], result.arms["sovl"]
    assert (base.examination.recall, base.recall_before, base.kl, base.bit_exact_off_topic) == (0.0, 0.0, 0.0, 1.0)
    assert {turn.use_scaffold for turn in place.lives["base"].turns} == {False}
    assert (sovl.recall_before, sovl.examination.recall) == (0.0, 1.0)
    assert place.overrides == {"x": 1, "core.seed": 7}


def test_only_what_is_told_reaches_the_life_in_order_a_conversation_a_day(evaluated: Any) -> None:
    result, place, _ = evaluated(["sovl"], nights=2)
    life = place.lives["sovl"]
    assert life.told == ["Fact one.", "Fact two.", "Fact three."]
    assert life.conversations == 2
    assert [(night.night, night.told, night.steps) for night in result.arms["sovl"].nights] == [(1, 2, 10), (2, 1, 5)]
    assert result.arms["sovl"].seconds == 2.0


def test_what_is_forgotten_over_nights_is_backward_transfer(evaluated: Any) -> None:
    result, _, _ = evaluated(["sovl"], nights=3, forgets=["one"])
    sovl = result.arms["sovl"]
    assert [night.recall for night in sovl.nights] == [1.0, 1.0, 1.0]
    assert [night.recall_at_end for night in sovl.nights] == [0.0, 1.0, 1.0]
    assert sovl.backward_transfer == pytest.approx(-1 / 3)
    assert [night.recall_of_nights for night in sovl.nights] == [[1.0], [0.0, 1.0], [0.0, 1.0, 1.0]]


def test_the_last_morning_is_asked_once(evaluated: Any) -> None:
    _, place, _ = evaluated(["sovl"], nights=3)
    asked = [turn.prompt for turn in place.lives["sovl"].turns if turn.purpose == "evaluation"]
    assert asked == [f"What is {name}?" for name in ("one", "one", "two", "one", "two", "three", "four")]


def test_what_is_found_is_handed_on_after_every_arm(evaluated: Any) -> None:
    result, _, _ = evaluated(["context", "sovl"])
    found = evaluated.found
    assert [(list(one.arms), one.complete) for one in found] == [(["context"], False), (["context", "sovl"], True)]
    assert found[-1] is result
    assert found[0].about["settings"] == {"x": 1}


def test_other_arms_take_as_many_steps_as_sovl(evaluated: Any) -> None:
    result, place, _ = evaluated(["lora", "sovl", "sovl-no-dreams"], nights=2)
    assert list(result.arms) == ["lora", "sovl", "sovl-no-dreams"]
    assert place.lives["sovl"].slept == [{}, {}]
    assert place.lives["lora"].slept == place.lives["sovl-no-dreams"].slept == [{"steps": 10}, {"steps": 5}]
    assert place.changes["lora"] == ({"core.scaffold_model": "none"}, ["BaseLora"])
    assert place.changes["sovl-no-dreams"] == ({}, ["PlainDreams"])


def test_without_sovl_the_first_arm_that_learns_says_how_many(evaluated: Any) -> None:
    _, place, _ = evaluated(["lora", "sovl-no-dreams"])
    assert place.lives["lora"].slept == [{}]
    assert place.lives["sovl-no-dreams"].slept == [{"steps": 15}]


def test_notes_say_how_far_the_arms_can_be_compared(evaluated: Any) -> None:
    result, _, _ = evaluated(["lora", "sovl"])
    notes = " ".join(result.arms["lora"].notes)
    # 90 numbers learn, 110 in the life that has slept.
    assert "0.818 of those of sovl" in notes
    assert "no choice of ranks" in notes
    assert result.arms["sovl"].coinciding == ["What is one?"]


def test_a_night_that_was_set_aside_is_noted_wherever_it_matters(evaluated: Any) -> None:
    result, _, _ = evaluated(["lora", "sovl"], nights=3, fails=[2])
    assert any("nothing was learned in night 2" in note for note in result.arms["sovl"].notes)
    assert any("dreams differ from those of sovl after its night 2" in note for note in result.arms["lora"].notes)
    # After the last night there are no more dreams that could differ.
    result, _, _ = evaluated(["lora", "sovl"], nights=3, fails=[3])
    assert not any("dreams differ" in note for note in result.arms["lora"].notes)
    assert result.about["plugins"] == {"dream": "sovl-dream 1"}


def test_the_context_holds_everything_told(evaluated: Any) -> None:
    result, place, _ = evaluated(["context"])
    assert list(result.arms) == ["context"]
    context = result.arms["context"]
    assert (context.examination.recall, context.examination.false_recall) == (1.0, 1.0)
    assert (context.kl, context.perplexity_ratio, context.nights) == (0.25, 1.25, ())
    assert place.changes["base"][0] == {"generation.max_prompt_tokens": 1_000_000}
    assert context.notes == []


def test_what_the_context_has_no_room_for_is_told(evaluated: Any, mocker: Any) -> None:
    cut = {"generation.dropped_tokens": 7}
    mocker.patch.object(
        FakeLife, "answer", lambda life, turn: Reply("", annotations=cut if "Fact" in turn.prompt else {})
    )
    notes = evaluated(["context"])[0].arms["context"].notes
    assert notes == ["the model has no room for all that was told: 7 tokens of it were left out"]


def test_progress_names_arm_and_stage(evaluated: Any) -> None:
    _, _, progress = evaluated(["sovl"], nights=2)
    stages = [one.stage for one in progress]
    for stage in ("base: questions", "sovl, night 1: train", "sovl, night 1: morning", "sovl: unrelated prompts"):
        assert stage in stages


def test_more_nights_than_facts_are_refused() -> None:
    with pytest.raises(BadInput, match="cannot be spread"):
        Evaluation(Plan(FACTS, ["sovl"], 4), FakeWorkplace())  # type: ignore[arg-type]
