"""Nights: opening one, gathering what to learn from, having it lived, and accepting or undoing what it proposes."""

from __future__ import annotations

import contextlib
import json
import random
from pathlib import Path
from typing import TYPE_CHECKING, Any, Callable, Collection, Dict, Optional, Sequence

from sovl_core.durable import is_disk_full, private_folder
from sovl_core.error_handling import BadInput, SOVLError
from sovl_core.events import Night, NightInterrupted, NightReport, Progress
from sovl_core.journal_nights import NOT_ACCEPTED
from sovl_core.masking import masked_values
from sovl_core.model_gate import ModelGate
from sovl_core.proposal import Proposal, propose
from sovl_core.system_logging import log_error, log_info

if TYPE_CHECKING:
    from sovl_core.events import Feedback
    from sovl_core.journal import Journal
    from sovl_core.model_host import ModelHost
    from sovl_core.night_store import NightStore
    from sovl_core.night_weights import NightWeights
    from sovl_core.plugin_manager import PluginManager
    from sovl_core.records import NightRecord
    from sovl_core.state_keeper import StateKeeper
    from sovl_core.system_config import SystemConfig
    from sovl_core.system_logging import ThreadSafeLogger

#: Fresh episodes that one night is handed at most; those beyond it wait for the next night.
MEMORY_LIMIT = 2000
#: Episodes of earlier nights that one night is handed, drawn at random where there are more.
OLD_MEMORIES = 1000
#: What to type for a plugin that answers ``on_sleep``.
SLEEPER = "pip install sovl-gestation"
#: Trigger of the record that a training run by day leaves.
TRAINING = "train"


class NightKeeper:
    """Runs nights one at a time.

    :param weights: stores what is accepted.
    :param store: gives each night its working folder.
    :param state: plugin state and vital signs, saved with each accepted night.
    :param stopping: True when the life is being closed.
    """

    def __init__(
        self,
        config: SystemConfig,
        journal: Journal,
        hooks: PluginManager,
        host: ModelHost,
        gate: ModelGate,
        weights: NightWeights,
        store: NightStore,
        state: StateKeeper,
        logger: Optional[ThreadSafeLogger],
        stopping: Callable[[], bool],
    ) -> None:
        self._config = config
        self._journal = journal
        self._hooks = hooks
        self._host = host
        self._gate = gate
        self._weights = weights
        self._store = store
        self._state = state
        self._logger = logger
        self._stopping = stopping

    def sleep(
        self,
        trigger: str,
        progress: Optional[Callable[[Progress], None]] = None,
        breathe: Optional[Callable[[], None]] = None,
        options: Optional[Dict[str, Any]] = None,
        deep: Optional[bool] = None,
    ) -> NightReport:
        """Live through one night, or go on with the one that was interrupted.

        :param breathe: called at each breath of the night, besides the kernel's own; may raise ``NightInterrupted``.
        :param deep: whether it retrains from scratch on all there is to learn; None for a deep night only when one was
            interrupted, or when something was forgotten that the weights still hold.
        :raises NightInterrupted: when the night had to end early; the next sleep goes on with it.
        :raises SOVLError: when no plugin can sleep, other work is in progress, or the night cannot be stored.
        """
        self._require_sleeper()
        with propose(self._host, self._gate, "a night", self._stopping) as proposal:
            night = self._open(trigger, proposal, breathe, options or {}, deep)
            if night.deep:
                proposal.start_untrained()
            if progress is not None:
                night.progress = self._hooks.kernels_own(progress)
            log_info(
                self._logger,
                "night_begins",
                night=night.number,
                trigger=trigger,
                resumed=night.resumed,
                deep=night.deep,
            )
            report = self._live(night)
            self._conclude(night, report, proposal)
        if report.accepted:
            self._tell(report.outcomes)
        return report

    def anything_new(self) -> bool:
        """Return False when the last night was not accepted and nothing was said since: another would end like it."""
        last, newest = self._journal.nights(limit=1), self._journal.episodes(limit=1)
        if not last or last[0].status not in NOT_ACCEPTED:
            return True
        return bool(newest) and newest[0].id > last[0].newest_episode

    def keep_training(self, proposal: Proposal, report: Dict[str, Any], characters: int) -> int:
        """Accept what a training run by day has learned, as a night of its own that can be undone like any other.

        :param report: kept with it.
        :param characters: how much was learned.
        :return: the night's number.
        :raises SOVLError: when it cannot be stored; the weights are then undone.
        """
        interrupted = self._journal.running_night()
        if interrupted is not None:
            # It started from weights that are about to be left behind.
            self._close(interrupted.number, NightReport("failed", "weights were trained by day before it went on"))
        parent = self._journal.current_night()
        number = self._journal.open_night(parent, TRAINING, self._hooks.provenance())
        try:
            self._accept(number, parent, proposal, NightReport("accepted"), report)
        except Exception as error:
            self._close(number, NightReport("failed", f"it could not be stored: {error}"))
            raise
        self._state.learned(characters)
        return number

    def use(self, number: Optional[int]) -> None:
        """Switch to an earlier (or later) accepted night, None for before the first.

        Models that are loaded are loaded again at once: weights that do not fit them are better refused here than by
        the next turn. Where none are, they are loaded on use.

        :raises SOVLError: when there is no such night, its files are damaged, or its weights do not fit the models that
            were loaded; nothing has changed then.
        """
        if number is not None:
            record = self._journal.night(number)
            if record is not None and record.status == "purged":
                raise BadInput(
                    f"Night {number} is no more: its files were removed for good, with what was forgotten",
                    "Choose another: `sovl nights`",
                )
            if record is None or record.status not in ("accepted", "partial", "undone"):
                raise BadInput(f"There is no accepted night {number}", "List them with `sovl nights`")
            problems = self._store.verify(number)
            if problems:
                raise SOVLError(f"Night {number} is damaged: {'; '.join(problems)}", "Choose another: `sovl nights`")
        # In one piece: models loaded in between would wake up with the other night.
        with self._gate.turn():
            before, loaded = self._journal.current_night(), self._host.loaded
            self._switch(number)
            if not loaded:
                return
            try:
                self._host.get()
            except SOVLError:
                self._switch(before)
                raise

    def _switch(self, number: Optional[int]) -> None:
        self._host.unload()
        self._journal.use_night(number)
        self._state.take_back(self._weights.states())

    def give_up(self, episodes: Sequence[int]) -> None:
        """Close the interrupted night, if it has dreamed of any of these episodes: its checkpoints hold them."""
        running = self._journal.running_night()
        if running is None:
            return
        if any(self._journal.dreams(night=running.number, episode=episode, limit=1) for episode in episodes):
            self._close(running.number, NightReport("failed", "something that it was learning was forgotten"))

    def give_up_built_on(self, nights: Collection[int]) -> None:
        """Close the interrupted night, if it builds on any of these: its checkpoints hold what they have learned."""
        running = self._journal.running_night()
        if running is not None and not set(nights).isdisjoint(self._journal.ancestors(running.number)):
            self._close(running.number, NightReport("failed", "a night that it builds on was removed for good"))

    def _require_sleeper(self) -> None:
        infos = [info for info in self._hooks.infos() if "on_sleep" in info.hooks]
        if any(info.enabled for info in infos):
            return
        switched_off = "; ".join(f"{info.name} is off: {info.reason}" for info in infos)
        raise SOVLError(
            "No plugin knows how to sleep" + (f" ({switched_off})" if switched_off else ""),
            f"Switch one on (`sovl plugins list`) or install one, such as: {SLEEPER}",
        )

    def _open(
        self,
        trigger: str,
        proposal: Proposal,
        breathe: Optional[Callable[[], None]],
        options: Dict[str, Any],
        deep: Optional[bool],
    ) -> Night:
        plugins = self._hooks.provenance()
        parent = self._journal.current_night()
        running = self._unfinished(parent, plugins, deep)
        if running is not None:
            deep, number = running.deep, running.number
        else:
            deep = bool(self._journal.still_learned()) if deep is None else deep
            number = self._journal.open_night(parent, trigger, plugins, deep)

        rng = random.Random(f"{self._config.core.seed}:{number}")

        def breath() -> None:
            if breathe is not None:
                breathe()
            proposal.breathe()

        fresh = self._journal.unconsolidated(limit=MEMORY_LIMIT)
        return Night(
            number=number,
            parent=parent,
            memories=self._journal.consolidated() + fresh if deep else fresh,
            old_memories=[] if deep else self._journal.sample_consolidated(OLD_MEMORIES, rng),
            models=proposal.models,
            folder=self._folder(number),
            rng=rng,
            trigger=running.trigger if running else trigger,
            resumed=running is not None,
            options=options,
            breathe=self._hooks.kernels_own(breath),
            while_awake=proposal.while_awake,
            by_day=proposal.by_day,
            deep=deep,
        )

    def _unfinished(
        self, parent: Optional[int], plugins: Dict[str, str], deep: Optional[bool]
    ) -> Optional[NightRecord]:
        """Return the interrupted night to go on with; one that no longer fits is closed."""
        running = self._journal.running_night()
        while running is not None:
            reason = why_left_behind(running, parent, plugins, deep)
            if not reason:
                return running
            self._close(running.number, NightReport(status="failed", reason=reason))
            running = self._journal.running_night()
        return None

    def _folder(self, number: int) -> Path:
        folder = self._store.working_folder(number)
        private_folder(folder)
        return folder

    def _live(self, night: Night) -> NightReport:
        try:
            report = self._hooks.on_sleep(night)
        except NightInterrupted:
            log_info(self._logger, "night_interrupted", night=night.number)
            raise
        except Exception as error:
            if is_disk_full(error):
                # It stays open, with its checkpoints.
                log_info(self._logger, "night_interrupted", night=night.number, reason="the disk is full")
                said = error.message if isinstance(error, SOVLError) else error
                raise SOVLError(
                    f"Night {night.number} was interrupted, because the disk is full: {said}",
                    "Free some space; then `sovl sleep` goes on with it",
                ) from error
            self._close(night.number, NightReport(status="failed", reason=f"{type(error).__name__}: {error}"))
            raise
        if report is None:
            self._close(night.number, NightReport(status="failed", reason="no plugin lived through it"))
            self._require_sleeper()
            raise SOVLError(
                "The night was not lived: of the plugins that take part in it none brought it to an end",
                f"See what went wrong with `sovl log`, or install a plugin that sleeps, such as: {SLEEPER}",
            )
        report.number = night.number
        return report

    def _conclude(self, night: Night, report: NightReport, proposal: Proposal) -> None:
        if not report.accepted:
            if report.status not in NOT_ACCEPTED:
                report.reason = f"a plugin reported the unknown status {report.status!r}. {report.reason}".strip()
                report.status = "failed"
            self._close(night.number, report)
            return
        handed_in = {episode.id: episode for episode in night.old_memories + night.memories}
        report.learned = [number for number in report.learned if number in handed_in]
        try:
            # What absent plugins have trained before was not trained in this night, if it began anew.
            before = None if night.deep else night.parent
            self._accept(night.number, before, proposal, report, as_values(report))
        except SOVLError:
            raise
        except Exception as error:  # what cannot be stored now never can: going on with it would end here again
            self._close(night.number, NightReport("failed", f"it could not be stored: {type(error).__name__}: {error}"))
            raise
        self._store.discard_working(night.number)
        fresh = {episode.id for episode in night.memories if episode.night is None}.intersection(report.learned)
        self._state.wake(sum(len(handed_in[number].prompt) + len(handed_in[number].reply) for number in fresh))

    def _tell(self, outcomes: Sequence[Feedback]) -> None:
        """Write down and pass on what was measured in a night that is accepted now."""
        for outcome in outcomes:
            try:
                self._journal.add_feedback(outcome)
            except (SOVLError, AttributeError) as error:  # the night stays accepted, whatever a plugin has left here
                log_error(self._logger, "outcome_lost", outcome=str(outcome), problem=str(error))
                continue
            with self._gate.turn():
                self._hooks.on_feedback(outcome)

    def _accept(
        self, number: int, parent: Optional[int], proposal: Proposal, verdict: NightReport, report: Dict[str, Any]
    ) -> None:
        core = self._config.core
        report = {**report, "base_model": core.base_model, "scaffold_model": core.scaffold_model}
        # What two nights were lived with is compared by `sovl nights diff`.
        report["settings"] = masked_values(self._config.model_dump(mode="json", exclude={"version"}))
        try:
            self._weights.store(number, proposal.models, self._state.gather(), parent, report)
        except OSError as error:
            raise SOVLError(
                f"Night {number} could not be stored: {error}",
                "Make room on the disk, then try again: a night goes on where it stopped",
            ) from error
        self._journal.accept_night(number, verdict.status, verdict.learned, report)
        proposal.keep()
        log_info(self._logger, "night_accepted", night=number, status=verdict.status, learned=len(verdict.learned))

    def _close(self, number: int, report: NightReport) -> None:
        self._journal.close_night(number, report.status, as_values(report))
        # With its checkpoints; and a process killed while it stored the night has left a part of it, or all of it.
        with contextlib.suppress(OSError):
            self._store.remove(number)
        log_info(self._logger, "night_closed", night=number, status=report.status, reason=report.reason)


def why_left_behind(
    interrupted: NightRecord, parent: Optional[int], plugins: Dict[str, str], deep: Optional[bool] = None
) -> str:
    """Return why the next sleep does not go on with an interrupted night, "" when it does.

    :param parent: the night that it would start from.
    :param plugins: those that are on, as ``PluginManager.provenance`` returns them.
    :param deep: what kind of night is asked for, None for either.
    """
    if interrupted.trigger == TRAINING:
        return "the process ended before the training run was accepted"
    if interrupted.parent != parent:
        return "another night was chosen to start from"
    if interrupted.plugins != plugins:
        return "the plugins have changed since it was interrupted"
    if deep is not None and interrupted.deep != deep:
        return "a deep night was asked for instead" if deep else "a night that is not deep was asked for instead"
    return ""


def as_values(report: NightReport) -> Dict[str, Any]:
    """Return a report as JSON-able values; what a plugin put in that is none is kept as text."""
    # Outcomes are feedback, and kept as such.
    kept = {name: value for name, value in vars(report).items() if name != "outcomes"}
    values: Dict[str, Any] = json.loads(json.dumps(kept, default=str))
    return values
