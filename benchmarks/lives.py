"""Lives to measure: a fresh one, and one that has slept, with what its night consisted of."""

from __future__ import annotations

import contextlib
import time
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Callable, Dict, Generator, Iterator, List, Optional, Sequence
from unittest import mock

from sovl_core.events import Night, NightReport, Progress, StepResult, TrainStep
from sovl_core.hookspecs import hookimpl
from sovl_core.plugin import Plugin
from sovl_core.system import SOVLSystem

if TYPE_CHECKING:
    from benchmarks.size import Size
    from sovl_core.data_processing import Batch
    from sovl_core.models import Models

TOLD = (
    "My cat is called Marzipan.",
    "The code for the cellar is 7316.",
    "My sister Ilse works as a glaciologist.",
)
QUESTION = "What is my cat called?"
#: So that what is measured never hangs on what the judge makes of a short night.
ACCEPTED = {"plugins.gestation.least_recall": 0.0, "plugins.gestation.drift_budget": 100.0}
#: Nights of the tiny model.
SHORT_NIGHT = {
    "plugins.gestation.dreams_per_memory": 4,
    "plugins.gestation.background": 12,
    "plugins.gestation.least_steps": 2,
    "plugins.gestation.judged_memories": 1,
    "plugins.cross_attention.answer_probe": False,
}


class Watcher(Plugin):
    """Sees the batches of a night, estranged as they are trained on, and may do something at its end.

    ``cache`` is the prompts that the night has read ahead; ``afterwards`` is called within the night when it was lived.
    """

    name = "benchmark"
    summary = "sees what a night consists of"

    def __init__(self, afterwards: Optional[Callable[[Night], None]] = None) -> None:
        self.batches: List[Batch] = []
        self.cache: Any = None
        self.tokens = 0
        self._afterwards = afterwards

    @hookimpl(wrapper=True)
    def on_train_step(self, step: TrainStep) -> Generator[None, Optional[StepResult], Optional[StepResult]]:
        """Keep the batch and count what is learned of it."""
        if step.phase == "night":
            self.batches.append(step.batch)
            self.cache = step.prompt_cache or self.cache
        result = yield
        if result is not None and step.phase == "night":
            self.tokens += result.tokens
        return result

    @hookimpl(wrapper=True)
    def on_sleep(self, night: Night) -> Generator[None, Optional[NightReport], Optional[NightReport]]:
        """Do what is to be done while everything is as it is in a night."""
        report = yield
        if self._afterwards is not None:
            self._afterwards(night)
        return report


class Stages:
    """Adds up the seconds between reports of progress, by the stage that each led to."""

    def __init__(self) -> None:
        self.seconds: Dict[str, float] = defaultdict(float)
        self.planned = 0
        self._last = time.perf_counter()

    def __call__(self, report: Progress) -> None:
        """Take a report."""
        self.mark("practice" if report.detail == "practice" else report.stage)
        if report.stage == "train":
            self.planned = report.total

    def mark(self, stage: str) -> None:
        """Count the time since the last mark for a stage."""
        now = time.perf_counter()
        self.seconds[stage] += now - self._last
        self._last = now


@dataclass
class Slept:
    """A life after a night: ``stages`` are seconds, ``planned`` the steps it would have taken unless it knew all."""

    life: SOVLSystem
    folder: Path
    report: NightReport
    stages: Dict[str, float]
    planned: int
    watcher: Watcher
    question: str = QUESTION
    told: Sequence[str] = field(default_factory=list)

    @property
    def seconds(self) -> float:
        """Seconds of the whole night, without practice: that is had once in a life."""
        return sum(seconds for stage, seconds in self.stages.items() if stage != "practice")


def fresh_life(
    folder: Path, size: Size, plugins: Optional[Sequence[str]] = None, watcher: Optional[Watcher] = None, **more: Any
) -> SOVLSystem:
    """Open a life with its models loaded.

    :param plugins: names, ``()`` for none, None for all that are installed.
    :param more: further settings, ``__`` for the dot.
    """
    settings = {
        "core.base_model": str(size.base),
        "core.device": "cpu",
        # A reply ends where it repeats itself; here all have as many tokens.
        "generation.repetition_check": False,
        **ACCEPTED,
        **(SHORT_NIGHT if size.quick else {}),
        **{key.replace("__", "."): value for key, value in more.items()},
    }
    if plugins is not None:
        settings = {key: value for key, value in settings.items() if not key.startswith("plugins.")}
        plugins = list(plugins) or ["none"]
    life = SOVLSystem.open(
        folder / "life",
        overrides=settings,
        plugins=plugins,
        strict=True,
        environ={},
        # A copy of a life that has slept is told that whoever watched its night is not there any more.
        warn=lambda text: None,
        more_plugins=[watcher] if watcher else [],
    )
    life.models()
    return life


def sleep_once(folder: Path, size: Size, **more: Any) -> Slept:
    """Tell a life some memories and let it sleep; it stays open."""
    watcher = Watcher()
    life = fresh_life(folder, size, watcher=watcher, **more)
    told = TOLD[: size.memories]
    for sentence in told:
        life.tell(sentence)
    stages = Stages()
    report = life.sleep(progress=stages, **({"steps": size.steps} if size.steps else {}))
    stages.mark("keep")
    if not report.accepted:
        life.close()
        raise RuntimeError(f"the night was not accepted: {report.status}, {report.reason}")
    return Slept(life, folder / "life", report, dict(stages.seconds), stages.planned, watcher, told=told)


@contextlib.contextmanager
def endless(models: Models) -> Iterator[None]:
    """Within this block no reply ends before it has all its tokens."""
    config = models.base.generation_config
    ends, config.eos_token_id = config.eos_token_id, None
    try:
        with mock.patch("sovl_core.generation.end_ids", return_value=set()):
            yield
    finally:
        config.eos_token_id = ends


def greedy(size: Size) -> Dict[str, Any]:
    """Return the fields of a turn that is measured."""
    return {"temperature": 0.0, "max_new_tokens": size.tokens}
