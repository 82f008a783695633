"""Row 6: answer tokens trained a second, with each optimisation of a step switched off in turn."""

from __future__ import annotations

import contextlib
import random
import statistics
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Callable, ContextManager, Dict, List, Optional

import pytest

from benchmarks import switched_off
from benchmarks.lives import TOLD, Watcher, fresh_life
from sovl_core.data_processing import collate, pad_token_id
from sovl_core.events import TrainStep
from sovl_core.optimization_step import optimise, train_step

if TYPE_CHECKING:
    from benchmarks.figures import Figures
    from benchmarks.lives import Slept
    from benchmarks.size import Size
    from sovl_core.data_processing import Batch, Encoded
    from sovl_core.events import Night
    from sovl_core.plugin_manager import PluginManager

#: Steps of each way in a round.
STEPS = 4
#: Dreams in a step of the ways that would take minutes with as many as a night's steps have.
FEW = 4
EVERYTHING = "everything on"
EVERYTHING_FEW = f"everything on, {FEW} dreams a step"
#: What a night dreams here: enough for batches of the usual size.
FEW_DREAMS = {
    "plugins__gestation__dreams_per_memory": 12,
    "plugins__gestation__background": 24,
    "plugins__cross_attention__answer_probe": False,
}


@dataclass
class Way:
    """One way to take steps: what is missing in it, and what it is compared with."""

    name: str
    beside: str = EVERYTHING
    context: Callable[[Any], ContextManager[Any]] = lambda models: contextlib.nullcontext()
    cached: bool = True
    frozen: bool = True
    logits_everywhere: bool = False
    costs_memory: bool = False
    few: bool = False
    seconds: List[float] = field(default_factory=list)
    tokens: List[int] = field(default_factory=list)
    losses: List[float] = field(default_factory=list)

    @property
    def rates(self) -> List[float]:
        """Answer tokens a second, one a round."""
        return [tokens / seconds for tokens, seconds in zip(self.tokens, self.seconds)]


def ways() -> List[Way]:
    """Return every way, the one with everything on first."""
    return [
        Way(EVERYTHING),
        Way(EVERYTHING_FEW, few=True),
        Way("padded to 512", EVERYTHING_FEW, switched_off.padded_to_a_fixed_length, few=True),
        Way("frozen states computed at each step", cached=False),
        Way("prompts within the pass", frozen=False),
        Way("and logits at every position", "prompts within the pass", frozen=False, logits_everywhere=True),
        Way("backward to the bottom", context=switched_off.backward_to_the_bottom),
        Way("a scaffold of its own", context=switched_off.scaffold_of_its_own, costs_memory=True),
    ]


class Trial:
    """Takes the steps of a night again, each way in turn, while everything is as it is in a night."""

    def __init__(self, hooks: PluginManager, watcher: Watcher, rounds: int) -> None:
        self.hooks, self.watcher, self.rounds = hooks, watcher, rounds
        self.ways = ways()
        self.shared_bytes = 0

    def run(self, night: Night) -> None:
        """Take them; weights are put back each time."""
        batches = self.watcher.batches[:STEPS]
        pad_id = pad_token_id(night.models.base_tokenizer)
        few = [collate(_few(batch), pad_id).to(night.models.device) for batch in batches]
        weights = night.models.snapshot()
        for round_ in range(self.rounds + 1):
            for way in self.ways:
                night.breathe()
                # One step of each before any is counted: the first allocates what the others have.
                self._take(way, night, (few if way.few else batches)[: None if round_ else 1])
                night.models.restore(weights)
                if round_ == 0:
                    way.seconds.clear()
                    way.tokens.clear()
        self.shared_bytes = switched_off.shared_bytes(night.models)

    def _take(self, way: Way, night: Night, batches: List[Any]) -> None:
        from sovl_core.training import setup_optimizer

        models = night.models
        optimizer, schedule = setup_optimizer(models, 1e-3, 0.01, len(batches))
        everywhere = switched_off.LogitsEverywhere(models)
        way.losses, tokens = [], 0
        kept = [item for batch in batches for item in batch.encoded if item.teacher_hidden is not None]
        teachers = [item.teacher_hidden for item in kept]
        with way.context(models), everywhere.watching() if way.logits_everywhere else contextlib.nullcontext():
            started = time.perf_counter()
            for index, batch in enumerate(batches):
                step = TrainStep(batch, models, index, len(batches), "night", lambda loss: loss.backward())
                step.rng = random.Random(f"benchmark:{index}")
                step.prompt_frozen = way.frozen
                step.prompt_cache = self.watcher.cache if way.cached else None
                if way.logits_everywhere:
                    step.loss_terms["nothing"] = everywhere.loss
                if not way.cached:
                    for item in batch.encoded:
                        item.teacher_hidden = None
                result = self.hooks.on_train_step(step, train_step)
                assert result.skipped is None, result.skipped
                optimise(models, optimizer, schedule, 1.0)
                tokens += result.tokens
                way.losses.append(result.loss)
            way.seconds.append(time.perf_counter() - started)
        for item, teacher in zip(kept, teachers):
            item.teacher_hidden = teacher
        way.tokens.append(tokens)


def test_each_optimisation_earns_its_place(figures: Figures, size: Size, folder: Path) -> None:
    trial: Optional[Trial] = None

    def afterwards(night: Night) -> None:
        trial.run(night)

    watcher = Watcher(afterwards)
    with fresh_life(folder, size, watcher=watcher, **({} if size.quick else FEW_DREAMS)) as life:
        trial = Trial(life.plugins, watcher, size.night_rounds + 1)
        for sentence in TOLD:
            life.tell(sentence)
        life.sleep(steps=STEPS)
    found = {way.name: way for way in trial.ways}
    figures.add(
        6,
        "answer tokens trained a second, everything on",
        max(found[EVERYTHING].rates),
        "tokens a second",
        seconds={"a round": found[EVERYTHING].seconds},
        tokens=found[EVERYTHING].tokens,
    )
    for way in (way for way in trial.ways if way.name not in (EVERYTHING, EVERYTHING_FEW)):
        beside = found[way.beside]
        # Sharing weights is for memory; that it costs no time is shown.
        wanted = None if way.costs_memory else 1.0
        rates = [fast / slow for fast, slow in zip(beside.rates, way.rates)]
        seconds = {"on": beside.seconds, "off": way.seconds}
        what = f"{way.beside} / {way.name}"
        figures.add(6, what, statistics.median(rates), "times", at_least=wanted, seconds=seconds, **_told(way))
    what = "MiB that a scaffold of its own would take beside the base"
    figures.add(6, what, trial.shared_bytes / 2**20, "MiB", at_least=1.0)
    # A step that learns something else would prove nothing.
    other = [way.name for way in trial.ways if way.losses != pytest.approx(found[way.beside].losses, rel=0.05)]
    assert [name for name in other if name != EVERYTHING_FEW] == []


def test_stopping_early(figures: Figures, slept: Slept) -> None:
    what = "steps planned for a night / taken until every dream was known"
    taken = slept.report.steps
    figures.add(6, what, slept.planned / taken, "times", at_least=1.0, planned=slept.planned, taken=taken)


def _told(way: Way) -> Dict[str, Any]:
    return {"tokens_a_second": way.rates, "losses": way.losses}


def _few(batch: Batch) -> List[Encoded]:
    """Return some of a step's dreams of memories, which come first in it, and as many of its background."""
    return [*batch.encoded[: FEW // 2], *batch.encoded[-(FEW // 2) :]]
