"""Rounds of torture: a command of a life is struck, the life is examined, and what came of it is written down."""

from __future__ import annotations

import contextlib
import copy
import json
import random
import shutil
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Callable, Dict, List, Optional, Sequence

from torture.attempt import Attempt
from torture.blows import FULL, MOMENT, STEP, Blow, SmallDisk, draw, record_order
from torture.examination import examine
from torture.ledger import Ledger
from torture.order import order_problems
from torture.places import begin_life, environment_of
from torture.processes import BROKEN, Ended, run_child, run_sovl
from torture.stages import BEFORE, STAGES, Stage

#: The order in which a life does things: nights often, since most happens in them.
COURSE = (
    *("chat", "sleep", "use", "tell", "sleep", "import", "train", "sleep"),
    *("settings", "chat", "forget", "sleep", "migrate", "undo", "repair", "purge"),
)
#: Rounds after which another life begins: nights grow with what there is to learn.
ROUNDS_A_LIFE = 20


@dataclass
class Round:
    """What was done in one round and what came of it; ``problems`` is empty when nothing was lost."""

    number: int
    life: int
    stage: str
    way: str
    when: str
    killed: bool
    status: Optional[int]
    seconds: float
    last_step: str = ""
    went_on: bool = False
    problems: List[str] = field(default_factory=list)


class Torture:
    """Strikes lives, one after the other.

    :param folder: lives and files are made here.
    :param model: the tiny model's folder.
    :param seed: the same rounds again, but for the moments at which a machine does things.
    :param disk: lives are kept there and it is filled up, where there is one; else processes are limited.
    :param keep: leave lives where they are, that lost nothing, too.
    """

    def __init__(
        self, folder: Path, model: Path, seed: int, disk: Optional[SmallDisk] = None, keep: bool = False
    ) -> None:
        self._folder = folder
        self._model = model
        self._seed = seed
        self._disk = disk
        self._keep = keep
        self._notes = folder / "steps"
        self._pace: Dict[str, Pace] = {}

    def run(
        self,
        kills: int,
        stages: Sequence[str] = COURSE,
        full: int = 0,
        tell: Callable[[Round], None] = lambda done: None,
    ) -> List[Round]:
        """Go on until so many processes were killed and so many were left without room; return all rounds.

        Ctrl-C ends it, with the rounds that are done.
        """
        done: List[Round] = []
        with contextlib.suppress(KeyboardInterrupt):
            self._run(kills, stages, full, lambda struck: (done.append(struck), tell(struck)))
        return done

    def _run(self, kills: int, stages: Sequence[str], full: int, add: Callable[[Round], Any]) -> None:
        wanted = [stage for stage in COURSE if stage in stages]
        course = [stage for stage, before in zip(wanted, ["", *wanted]) if stage != before]
        life = 0
        begun: Optional[_Begun] = None
        while kills > 0 or full > 0:
            life += 1
            one = _OneLife(self, life, random.Random(f"{self._seed}:{life}"), begun)
            begun = begun or one.learn_its_pace(course)
            for number in range(ROUNDS_A_LIFE):
                ways = [MOMENT, STEP] * (kills > 0) + [FULL] * (full > 0)
                if not ways:
                    break
                struck = one.strike(course[number % len(course)], ways)
                kills -= struck.killed
                full -= struck.way == FULL
                add(struck)
                if struck.problems:  # what is struck next would suffer from the same
                    break
            if not self._keep:
                one.remove_unless_it_lost()


@dataclass
class Pace:
    """How long a command works, in seconds, and how many steps on the disk it takes, when nothing happens to it."""

    seconds: float
    steps: int


@dataclass
class _Begun:
    """A life that has done everything once, for others to go on from: its folder, what it was told, its rounds."""

    life: Path
    ledger: Ledger
    rounds: int


class _OneLife:
    def __init__(self, torture: Torture, number: int, rng: random.Random, begun: Optional[_Begun] = None) -> None:
        self._torture, self._number, self._rng = torture, number, rng
        self._folder = torture._folder / f"files-{number}"
        self._folder.mkdir()
        home = torture._disk.folder if torture._disk is not None else torture._folder
        self._life = home / f"life-{number}"
        self._environment = environment_of(self._life, torture._folder)
        self._ledger = Ledger()
        self._rounds = 0
        self._before: List[str] = []
        self._lost = False
        if begun is None:
            begin_life(self._life, torture._model)
        else:
            shutil.copytree(str(begun.life), str(self._life))
            self._ledger, self._rounds = copy.deepcopy(begun.ledger), begun.rounds

    def learn_its_pace(self, course: Sequence[str]) -> _Begun:
        """Have it do everything once, undisturbed: so long it takes, so many steps on the disk."""
        # Any stage may be the first one, and some need a journal.
        self._run(self._attempt("tell"), Blow("", ""))
        for stage in dict.fromkeys(course):
            attempt = self._attempt(stage)
            log = self._folder / f"{stage}.steps"
            timed = self._run(attempt, Blow("", "", prepare=partial(record_order, self._life, log)))
            if timed.status != 0 or self._before or self._problems:
                raise RuntimeError(f"{stage} does not work undisturbed: {timed} {self._before} {self._problems}")
            steps = log.read_text(encoding="utf-8").splitlines()
            problems = order_problems(steps) + self._again(attempt)
            if problems:
                raise RuntimeError(f"a power cut could undo what {stage} does: {problems}")
            self._torture._pace[stage] = Pace(timed.work, sum(not step.startswith("within ") for step in steps))
        found = self._examined(None, go_on=True)
        if found["problems"]:
            raise RuntimeError(f"something is wrong with a life that nobody has struck: {found}")
        kept = self._torture._folder / "begun"
        shutil.copytree(str(self._life), str(kept))
        return _Begun(kept, copy.deepcopy(self._ledger), self._rounds)

    def strike(self, stage: str, ways: Sequence[str]) -> Round:
        """Strike one command and examine the life."""
        torture, rng = self._torture, self._rng
        attempt = self._attempt(stage)
        if torture._notes.exists():
            torture._notes.unlink()
        way = rng.choice(list(ways))
        pace, fill = torture._pace[stage], torture._disk.fill if torture._disk is not None else None
        blow = draw(way, rng, pace.seconds, pace.steps, self._life, torture._notes, fill)
        ended = self._run(attempt, blow)
        if torture._disk is not None:
            torture._disk.empty()
        problems = self._before + _unreadable(ended) + self._problems + self._again(attempt)
        if not ended.killed and way != FULL:
            pace.seconds = (pace.seconds + ended.work) / 2
        found = self._examined(ended.pid if ended.killed else None, go_on=rng.random() < 0.5)
        step = torture._notes.read_text(errors="replace").strip() if torture._notes.exists() else ""
        problems += found["problems"]
        self._lost |= bool(problems)
        return Round(
            number=self._rounds,
            life=self._number,
            stage=stage,
            way=way,
            when=blow.when,
            killed=ended.killed,
            status=ended.status,
            seconds=round(ended.seconds, 3),
            last_step=step.replace(str(self._life), "LIFE"),
            went_on=bool(found.get("went_on")),
            problems=problems,
        )

    def remove_unless_it_lost(self) -> None:
        """Make room for the next one; what lost something is worth a look."""
        if not self._lost:
            shutil.rmtree(str(self._life))

    def _attempt(self, stage: str) -> Attempt:
        self._before = []
        for each in BEFORE.get(stage, ()):
            attempt = self._made(each)
            ended = self._run(attempt, Blow("", ""))
            failed = [f"before it {attempt.arguments} ended as {ended}"] if ended.status != 0 else []
            self._before += failed + self._problems
        return self._made(STAGES[stage])

    def _made(self, stage: Stage) -> Attempt:
        self._rounds += 1
        return stage(self._rounds, self._rng, self._folder, self._life)

    def _run(self, attempt: Attempt, blow: Blow) -> Ended:
        def prepare() -> None:
            for each in (attempt.prepare, blow.prepare):
                if each is not None:
                    each()

        ended = run_sovl(attempt.arguments, self._environment, attempt.stdin, blow.interfere, blow.after, prepare)
        self._problems = attempt.promised(ended, self._ledger)
        return ended

    def _again(self, attempt: Attempt) -> List[str]:
        """Type the same again, undisturbed, where that is what goes on with it; return what is wrong then."""
        if attempt.again is None:
            return []
        ended = self._run(attempt.again, Blow("", ""))
        failed = [f"the second time it ended as {ended}"] if ended.status != 0 else []
        return failed + self._problems

    def _examined(self, killed: Optional[int], go_on: bool) -> Dict[str, Any]:
        result = self._torture._folder / "examined.json"
        if result.exists():
            result.unlink()

        def work() -> int:
            found = examine(self._life, self._ledger, self._rounds, go_on, killed)
            result.write_text(json.dumps(found), encoding="utf-8")
            return 0

        ended = run_child(work, self._environment)
        if ended.status != 0 or not result.exists():
            return {"problems": [f"it could not be examined: {ended.err[-2000:]}"]}
        self._ledger.keep(f"Are you there after blow {self._rounds}?")
        found: Dict[str, Any] = json.loads(result.read_text(encoding="utf-8"))
        return found


def _unreadable(ended: Ended) -> List[str]:
    """Return what is wrong with how a command that was not killed ended: a failure is a readable block."""
    if ended.killed or ended.status == 0:
        return []
    if ended.signal is not None:
        return [f"it died of signal {ended.signal}: {ended.err[-2000:]}"]
    # What doctor cannot mend now it says among its findings.
    readable = "Traceback" not in ended.err and ("next:" in ended.err or " to mend." in ended.out)
    return [] if readable and ended.status != BROKEN else [f"status {ended.status}: {ended.err[-2000:]}"]
