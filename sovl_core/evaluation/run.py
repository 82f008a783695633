"""An evaluation from end to end: every arm told, slept, asked and measured, each in a life of its own."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Callable, Dict, Iterator, List, Optional, Sequence, Tuple

from sovl_core.call_stack import with_room
from sovl_core.evaluation import arms as arm_names
from sovl_core.evaluation.arms import context_prompt, early_stopper, recipe, require_sleeper
from sovl_core.evaluation.background_text import DEFAULT, passages
from sovl_core.evaluation.facts import Fact, FactSet
from sovl_core.evaluation.notes import Leader, notes_on
from sovl_core.evaluation.off_topic_prompts import OFF_TOPIC
from sovl_core.evaluation.questions import ask_about, coinciding, examine, recall_of
from sovl_core.evaluation.results import (
    ArmResult,
    EvaluationResult,
    NightResult,
    backward_transfer,
    enter_end,
    enter_morning,
)
from sovl_core.events import Progress

if TYPE_CHECKING:
    from sovl_core.evaluation.measures import Passage
    from sovl_core.evaluation.questions import Examination
    from sovl_core.evaluation.workplace import Workplace
    from sovl_core.events import Reply, Turn
    from sovl_core.system import SOVLSystem

#: Setting that each life of a plan has from the plan.
SEED = "core.seed"
#: Annotation of a reply: tokens of its prompt that the model had no room for.
DROPPED_TOKENS = "generation.dropped_tokens"


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
    :param found: receives, after each arm that is wanted, what was found so far.
    """

    def __init__(
        self,
        plan: Plan,
        workplace: Workplace,
        progress: Callable[[Progress], None] = lambda progress: None,
        breathe: Callable[[], None] = lambda: None,
        clock: Callable[[], float] = time.monotonic,
        found: Callable[[EvaluationResult], None] = lambda result: None,
    ) -> None:
        self.plan = plan
        self._shares = plan.facts.shares(plan.nights)
        self._passages: List[Passage] = passages(plan.background)
        self._workplace = replace(workplace, overrides={**workplace.overrides, SEED: plan.seed})
        self._progress = progress
        self._breathe = breathe
        self._clock = clock
        self._found = found
        self._bare: Dict[Tuple[str, int], Tuple[Reply, str]] = {}
        self._before: Optional[float] = None
        self._parameters = 0
        self._sleeper: Optional[str] = None
        self._leader: Optional[Leader] = None
        settings = {key: value for key, value in workplace.overrides.items() if key != SEED}
        self._about: Dict[str, Any] = {"settings": settings}

    @with_room
    def run(self) -> EvaluationResult:
        """Return what was found.

        :raises BadInput: when an arm is to learn and no plugin can sleep.
        :raises SOVLError: when a life cannot be opened, sleep or answer.
        """
        results: Dict[str, ArmResult] = {}
        so_far = self._result(results)
        for arm, measured in self._measured():
            if arm in self.plan.arms:
                results[arm] = measured
                so_far = self._result(results)
                self._found(so_far)
        return so_far

    def _result(self, results: Dict[str, ArmResult]) -> EvaluationResult:
        plan = self.plan
        about = {
            "seed": plan.seed,
            "nights": plan.nights,
            "unrelated_prompts": len(plan.prompts),
            "background_passages": len(self._passages),
            **self._about,
        }
        arms = {arm: results[arm] for arm in plan.arms if arm in results}
        return EvaluationResult(len(plan.facts.facts), arms, about, len(arms) == len(plan.arms))

    def _measured(self) -> Iterator[Tuple[str, ArmResult]]:
        """Yield each arm with its figures; the bare base comes first, whether it is wanted or not."""
        yield from self._without_learning()
        for arm in arm_names.LEARNING:
            if arm in self.plan.arms:
                yield arm, self._learning(arm)

    def _without_learning(self) -> Iterator[Tuple[str, ArmResult]]:
        """Measure the bare base, which every arm starts from, and the base with everything told in its prompt."""
        # All that was told has to stand in the prompt, however much it is.
        with self._workplace.life(arm_names.BASE, {"generation.max_prompt_tokens": 1_000_000}) as life:
            if set(arm_names.LEARNING).intersection(self.plan.arms):
                require_sleeper(life)
            models = life.models()
            self._parameters, self._sleeper = models.trainable_parameters(), early_stopper(life)
            core = life.config.core
            self._about = {
                **self._about,
                "base_model": core.base_model,
                "scaffold_model": core.scaffold_model,
                "plugins": life.plugins.provenance(),
            }
            bare = self._examine(arm_names.BASE, lambda turn: life.answer(replace(turn, use_scaffold=False)).text)
            self._before = bare.recall
            yield arm_names.BASE, ArmResult(bare, bare.recall, 0.0, 1.0, 1.0)
            if arm_names.CONTEXT in self.plan.arms:
                yield arm_names.CONTEXT, self._in_context(life)

    def _in_context(self, life: SOVLSystem) -> ArmResult:
        from sovl_core.evaluation.measures import LogitsWatch, measure_prompted, prompted_perplexity_ratio

        prompted = context_prompt(self.plan.facts.facts)
        cut = 0

        def say(turn: Turn) -> str:
            nonlocal cut
            history, prompt = prompted(turn.prompt)
            reply = life.answer(replace(turn, prompt=prompt, history=list(history), use_scaffold=False))
            cut = max(cut, reply.annotations.get(DROPPED_TOKENS, 0))
            return reply.text

        arm, models, system_prompt = arm_names.CONTEXT, life.models(), life.config.generation.system_prompt
        examination = self._examine(arm, say)
        watch = LogitsWatch(models, life.answer, self._bare)
        breathe = self._steps_of(arm, "unrelated prompts", len(self.plan.prompts))
        off_topic = measure_prompted(models, watch, self.plan.prompts, prompted, system_prompt, breathe)
        breathe = self._steps_of(arm, "background", len(self._passages))
        ratio = prompted_perplexity_ratio(models, self._passages, prompted, system_prompt, breathe)
        notes = [f"the model has no room for all that was told: {cut} tokens of it were left out"] if cut else []
        return ArmResult(examination, self._before, off_topic.kl, ratio, off_topic.exact, notes=notes)

    def _learning(self, arm: str) -> ArmResult:
        from sovl_core.evaluation.measures import LogitsWatch, measure_off_topic, perplexity_ratio

        leader = self._leader
        made = recipe(arm, self._parameters, leader is not None, self._sleeper)
        with self._workplace.life(arm, made.settings, made.plugins) as life:
            models, system_prompt = life.models(), life.config.generation.system_prompt
            nights = self._nights(arm, life)
            examination = self._examine(arm, lambda turn: life.answer(turn).text)
            watch = LogitsWatch(models, life.answer, self._bare)
            breathe = self._steps_of(arm, "unrelated prompts", len(self.plan.prompts))
            off_topic = measure_off_topic(models, life.plugins, watch, self.plan.prompts, system_prompt, breathe)
            breathe = self._steps_of(arm, "background", len(self._passages))
            ratio = perplexity_ratio(models, life.plugins, life.answer, self._passages, system_prompt, breathe)
            at_end = [recall_of(result.forward) if result.forward else None for result in examination.facts]
            # The questions that were just answered are those of the last morning.
            enter_morning(nights, at_end)
            enter_end(nights)
            parameters = models.trainable_parameters()
            if leader is None:
                # What learns may have grown with the memories: counted after the last night.
                self._leader = Leader(arm, parameters, nights)
                self._parameters = parameters if arm == arm_names.SOVL else self._parameters
            return ArmResult(
                examination,
                self._before,
                off_topic.kl,
                ratio,
                off_topic.exact,
                backward_transfer(nights, at_end),
                sum(night.seconds for night in nights),
                parameters,
                nights,
                coinciding(self.plan.facts, _trained_prompts(life)),
                notes_on(arm, parameters, nights, leader),
            )

    def _nights(self, arm: str, life: SOVLSystem) -> List[NightResult]:
        """Live through all nights; what is asked on the last morning is left to the examination."""
        nights: List[NightResult] = []
        told: List[Fact] = []
        for number, share in enumerate(self._shares):
            steps = self._leader.nights[number].steps if self._leader else 0
            nights.append(self._night(arm, life, number, share, steps))
            told += share
            if number + 1 < len(self._shares):
                enter_morning(nights, self._recalled(arm, life, number, told))
        return nights

    def _night(self, arm: str, life: SOVLSystem, number: int, share: Sequence[Fact], steps: int) -> NightResult:
        """Tell a day's facts and sleep.

        :param steps: of training; 0 leaves it to the plugin that sleeps.
        """
        life.new_conversation()
        for fact in share:
            life.tell(fact.tell)

        def report(progress: Progress) -> None:
            self._progress(replace(progress, stage=f"{arm}, night {number + 1}: {progress.stage}"))

        started = self._clock()
        options: Dict[str, Any] = {"steps": steps} if steps else {}
        night = life.sleep(progress=report, breathe=self._breathe, **options)
        seconds = self._clock() - started
        return NightResult(
            number + 1, len(share), night.status, night.reason, night.steps, seconds, metrics=night.metrics
        )

    def _recalled(self, arm: str, life: SOVLSystem, number: int, told: Sequence[Fact]) -> List[Optional[float]]:
        """Return what is recalled of each fact told so far; None where one is not asked about."""
        recalled: List[Optional[float]] = []
        breathe = self._steps_of(f"{arm}, night {number + 1}", "morning", len(told))
        for fact in told:
            breathe()
            answered = ask_about(lambda turn: life.answer(turn).text, fact.forward)
            recalled.append(recall_of(answered) if answered else None)
        return recalled

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


def _trained_prompts(life: SOVLSystem) -> List[str]:
    found = life.journal.dreams(limit=None)
    return [dream.prompt for dream in found if dream.verdict == "accepted" and not dream.held_out]
