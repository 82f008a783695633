"""An evaluation from end to end: every arm told, slept, asked and measured, each in a life of its own."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Callable, Dict, List, Optional, Sequence, Tuple

from sovl_core.evaluation import arms as arm_names
from sovl_core.evaluation.arms import context_prompt, early_stopper, recipe, require_sleeper
from sovl_core.evaluation.background_text import DEFAULT, passages
from sovl_core.evaluation.facts import Fact, FactSet
from sovl_core.evaluation.off_topic_prompts import OFF_TOPIC
from sovl_core.evaluation.questions import ask_about, coinciding, examine, mean, recall_of
from sovl_core.evaluation.results import ArmResult, EvaluationResult, NightResult, backward_transfer
from sovl_core.events import Progress

if TYPE_CHECKING:
    from sovl_core.evaluation.measures import Passage
    from sovl_core.evaluation.questions import Examination
    from sovl_core.evaluation.workplace import Workplace
    from sovl_core.events import Reply, Turn
    from sovl_core.system import SOVLSystem


@dataclass(frozen=True)
class Plan:
    """What to measure: ``arms`` in the order of reports, ``facts`` over ``nights``, ``background`` a text.

    ``prompts`` are the unrelated ones.
    """

    facts: FactSet
    arms: Sequence[str]
    nights: int = 1
    background: str = DEFAULT
    seed: int = 42
    prompts: Sequence[str] = OFF_TOPIC


class Evaluation:
    """Runs a plan.

    :param workplace: opens the lives; their seed is the plan's.
    :param progress: receives the progress of all work.
    :param breathe: called between pieces of work; what it raises ends the evaluation.
    :param clock: seconds from any fixed point.
    """

    def __init__(
        self,
        plan: Plan,
        workplace: Workplace,
        progress: Callable[[Progress], None] = lambda progress: None,
        breathe: Callable[[], None] = lambda: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.plan = plan
        self._shares = plan.facts.shares(plan.nights)
        self._passages: List[Passage] = passages(plan.background)
        self._workplace = replace(workplace, overrides={**workplace.overrides, "core.seed": plan.seed})
        self._progress = progress
        self._breathe = breathe
        self._clock = clock
        self._bare: Dict[Tuple[str, int], Tuple[Reply, str]] = {}
        self._before: Optional[float] = None
        self._parameters = 0
        self._sleeper: Optional[str] = None
        self._steps: Optional[List[int]] = None
        self._set_aside: List[int] = []
        self._about: Dict[str, Any] = {}

    def run(self) -> EvaluationResult:
        """Return what was found.

        :raises BadInput: when an arm is to learn and no plugin can sleep.
        :raises SOVLError: when a life cannot be opened, sleep or answer.
        """
        results = self._without_learning()
        for arm in arm_names.LEARNING:
            if arm in self.plan.arms:
                results[arm] = self._learning(arm)
        plan = self.plan
        asked = [one for fact in plan.facts.facts for one in (fact.forward, fact.reverse) if one is not None]
        about = {
            "seed": plan.seed,
            "nights": plan.nights,
            "unrelated_prompts": len(plan.prompts),
            "background_passages": len(self._passages),
            **self._about,
        }
        questions = sum(len(one.questions) for one in asked)
        return EvaluationResult(len(plan.facts.facts), questions, {a: results[a] for a in plan.arms}, about)

    def _without_learning(self) -> Dict[str, ArmResult]:
        """Measure the bare base, which every arm starts from, and the base with everything told in its prompt."""
        results: Dict[str, ArmResult] = {}
        # All that was told has to stand in the prompt, however much it is.
        with self._workplace.life(arm_names.BASE, {"generation.max_prompt_tokens": 1_000_000}) as life:
            if set(arm_names.LEARNING).intersection(self.plan.arms):
                require_sleeper(life)
            models = life.models()
            self._parameters, self._sleeper = models.trainable_parameters(), early_stopper(life)
            core = life.config.core
            self._about = {
                "base_model": core.base_model,
                "scaffold_model": core.scaffold_model,
                "plugins": life.plugins.provenance(),
            }
            bare = self._examine(arm_names.BASE, lambda turn: life.answer(replace(turn, use_scaffold=False)).text)
            self._before = bare.recall
            results[arm_names.BASE] = ArmResult(bare, bare.recall, 0.0, 1.0, 1.0)
            if arm_names.CONTEXT in self.plan.arms:
                results[arm_names.CONTEXT] = self._in_context(life)
        return results

    def _in_context(self, life: SOVLSystem) -> ArmResult:
        from sovl_core.evaluation.measures import LogitsWatch, measure_prompted, prompted_perplexity_ratio

        prompted = context_prompt(self.plan.facts.facts)

        def say(turn: Turn) -> str:
            history, prompt = prompted(turn.prompt)
            return life.answer(replace(turn, prompt=prompt, history=list(history), use_scaffold=False)).text

        arm, models, system_prompt = arm_names.CONTEXT, life.models(), life.config.generation.system_prompt
        examination = self._examine(arm, say)
        watch = LogitsWatch(models, life.answer, self._bare)
        breathe = self._steps_of(arm, "unrelated prompts", len(self.plan.prompts))
        off_topic = measure_prompted(models, watch, self.plan.prompts, prompted, system_prompt, breathe)
        breathe = self._steps_of(arm, "background", len(self._passages))
        ratio = prompted_perplexity_ratio(models, self._passages, prompted, system_prompt, breathe)
        return ArmResult(examination, self._before, off_topic.kl, ratio, off_topic.exact)

    def _learning(self, arm: str) -> ArmResult:
        from sovl_core.evaluation.measures import LogitsWatch, measure_off_topic, perplexity_ratio

        follows = self._steps
        made = recipe(arm, self._parameters, follows is not None, self._sleeper)
        with self._workplace.life(arm, made.settings, made.plugins) as life:
            models, system_prompt = life.models(), life.config.generation.system_prompt
            nights = [
                self._night(arm, life, number, share, follows[number] if follows else 0)
                for number, share in enumerate(self._shares)
            ]
            if self._steps is None:
                self._steps = [night.steps for night in nights]
            examination = self._examine(arm, lambda turn: life.answer(turn).text)
            watch = LogitsWatch(models, life.answer, self._bare)
            breathe = self._steps_of(arm, "unrelated prompts", len(self.plan.prompts))
            off_topic = measure_off_topic(models, life.plugins, watch, self.plan.prompts, system_prompt, breathe)
            breathe = self._steps_of(arm, "background", len(self._passages))
            ratio = perplexity_ratio(models, life.plugins, life.answer, self._passages, system_prompt, breathe)
            at_end = _recall_by_fact(examination)
            if arm == arm_names.SOVL:
                # What learns may have grown with the memories.
                self._parameters = models.trainable_parameters()
                self._set_aside = _not_learned(nights)
            _enter_ends(nights, at_end)
            return ArmResult(
                examination,
                self._before,
                off_topic.kl,
                ratio,
                off_topic.exact,
                backward_transfer(nights, at_end),
                sum(night.seconds for night in nights),
                models.trainable_parameters(),
                nights,
                coinciding(self.plan.facts, _trained_prompts(life)),
                self._notes(arm, models.trainable_parameters(), nights),
            )

    def _night(self, arm: str, life: SOVLSystem, number: int, share: Sequence[Fact], steps: int) -> NightResult:
        """Tell a day's facts, sleep, and ask about them in the morning.

        :param steps: of training; 0 leaves it to the plugin that sleeps.
        """
        name = f"{arm}, night {number + 1}"
        life.new_conversation()
        for fact in share:
            life.tell(fact.tell)

        def report(progress: Progress) -> None:
            self._progress(replace(progress, stage=f"{name}: {progress.stage}"))

        started = self._clock()
        options: Dict[str, Any] = {"steps": steps} if steps else {}
        night = life.sleep(progress=report, breathe=self._breathe, **options)
        seconds = self._clock() - started
        morning: List[Optional[float]] = []
        breathe = self._steps_of(name, "morning", len(share))
        for fact in share:
            breathe()
            answered = ask_about(lambda turn: life.answer(turn).text, fact.forward)
            morning.append(recall_of(answered) if answered else None)
        return NightResult(
            number + 1, len(share), night.status, night.reason, night.steps, seconds, morning, metrics=night.metrics
        )

    def _examine(self, arm: str, say: Callable[[Turn], str]) -> Examination:
        def progress(step: int, total: int) -> None:
            self._breathe()
            self._progress(Progress(f"{arm}: questions", step, total))

        return examine(say, self.plan.facts, progress)

    def _steps_of(self, arm: str, stage: str, total: int) -> Callable[[], None]:
        """Return what is to be called before each of ``total`` pieces of work."""
        done = -1

        def breathe() -> None:
            nonlocal done
            done += 1
            self._breathe()
            self._progress(Progress(f"{arm}: {stage}", done, total))

        return breathe

    def _notes(self, arm: str, parameters: int, nights: Sequence[NightResult]) -> List[str]:
        notes: List[str] = []
        if arm == arm_names.LORA:
            if self._parameters:
                ratio = parameters / self._parameters
                notes.append(f"trainable parameters are {ratio:.3f} of those of {arm_names.SOVL}")
                if not 0.9 <= ratio <= 1.1:
                    notes.append("no whole rank comes within 10 % of them")
            notes.append("every night is kept whatever the judge says; his verdict is in its metrics")
        if arm == arm_names.NO_DREAMS:
            notes.append("each told sentence is learned as it was said; background dreams are those of the other arms")
        if arm != arm_names.SOVL and self._set_aside and self._set_aside[0] < len(nights):
            # What was set aside is dreamed of once more in the next night; here it has been learned.
            notes.append(f"dreams differ from those of {arm_names.SOVL} after its night {self._set_aside[0]}")
        apart = _not_learned(nights)
        if apart:
            notes.append(f"nothing was learned in night {', '.join(map(str, apart))}: see its reason")
        return notes


def _not_learned(nights: Sequence[NightResult]) -> List[int]:
    return [night.night for night in nights if night.status not in ("accepted", "partial")]


def _recall_by_fact(examination: Examination) -> List[Optional[float]]:
    return [recall_of(result.forward) if result.forward else None for result in examination.facts]


def _enter_ends(nights: Sequence[NightResult], at_end: Sequence[Optional[float]]) -> None:
    start = 0
    for night in nights:
        night.recall_at_end = mean(value for value in at_end[start : start + night.told] if value is not None)
        start += night.told


def _trained_prompts(life: SOVLSystem) -> List[str]:
    found = life.journal.dreams(limit=None)
    return [dream.prompt for dream in found if dream.verdict == "accepted" and not dream.held_out]
