"""Training by day on a file or on pairs: the result is kept like a night's, or undone as a whole."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING, Any, Callable, Dict, List, Optional, Sequence, Tuple, Union

from sovl_core.data_loader import ANSWER_KEYS, load_jsonl
from sovl_core.error_handling import NothingToTrain, SOVLError
from sovl_core.events import NightInterrupted, Progress
from sovl_core.proposal import Proposal, propose

if TYPE_CHECKING:
    from sovl_core.data_processing import Example
    from sovl_core.model_gate import ModelGate
    from sovl_core.model_host import ModelHost
    from sovl_core.night_keeper import NightKeeper
    from sovl_core.plugin_manager import PluginManager
    from sovl_core.settings import SystemConfig
    from sovl_core.system_logging import ThreadSafeLogger
    from sovl_core.training import TrainReport

Pairs = Sequence[Tuple[str, str]]
TrainingData = Union[str, Path, Pairs]


class DayTraining:
    """Runs training cycles one at a time, never beside a night.

    :param nights: keeps what was learned.
    :param stopping: True when the life is being closed.
    """

    def __init__(
        self,
        config: SystemConfig,
        hooks: PluginManager,
        host: ModelHost,
        gate: ModelGate,
        nights: NightKeeper,
        logger: Optional[ThreadSafeLogger],
        stopping: Callable[[], bool],
    ) -> None:
        self._config = config
        self._hooks = hooks
        self._host = host
        self._gate = gate
        self._nights = nights
        self._logger = logger
        self._stopping = stopping

    def train(
        self,
        data: TrainingData,
        epochs: Optional[int] = None,
        dry_run: bool = False,
        progress: Optional[Callable[[Progress], None]] = None,
        keep: bool = True,
        test: Optional[TrainingData] = None,
    ) -> TrainReport:
        """Train, and keep what was learned unless it is a dry run.

        :param test: measured before and after, and not learned from; by the process that keeps what is learned.
        :param keep: False undoes it: another process, which trains along with this one, keeps it.
        :param data: a JSONL file, or pairs of prompt and completion.
        :raises DataError: when the file cannot be used.
        :raises NothingToTrain: when there is no example.
        :raises SOVLError: when other work is in progress, or the life is closed meanwhile.
        """
        # Imported late: it brings torch with it, which a wrong file name need not wait for.
        examples = self._examples(data)
        tested = self._examples(test) if test is not None and keep else []
        from sovl_core.training import run_training_cycle

        with propose(self._host, self._gate, "a training run", self._stopping) as proposal:
            before = self._measured(proposal, tested)
            try:
                report = run_training_cycle(
                    proposal.models,
                    examples,
                    self._config,
                    self._hooks,
                    epochs=epochs,
                    dry_run=dry_run,
                    progress=progress,
                    breathe=proposal.breathe,
                )
            except NightInterrupted as interruption:
                raise SOVLError(
                    f"The training run was ended: {interruption}", "What it had learned is undone"
                ) from None
            if tested:
                earlier = {f"{name}_before": value for name, value in before.items()}
                report.test = {**earlier, **self._measured(proposal, tested)}
            if keep and not dry_run:
                characters = sum(len(example.prompt) + len(example.completion) for example in examples)
                self._nights.keep_training(proposal, as_dict(report), characters)
        return report

    def _measured(self, proposal: Proposal, examples: List[Example]) -> Dict[str, float]:
        """Return loss and accuracy on examples, nothing where there are none."""
        if not examples:
            return {}
        from sovl_core.validation import measure_examples

        proposal.breathe()
        found = measure_examples(proposal.models, examples, self._config, self._hooks)
        return {"loss": found.loss, "accuracy": found.accuracy}

    def _examples(self, data: TrainingData) -> List[Example]:
        from sovl_core.data_processing import Example

        if isinstance(data, (str, Path)):
            pairs = [_pair(entry) for entry in load_jsonl(data, min_entries=1, logger=self._logger)]
        else:
            pairs = list(data)
        if not pairs:
            raise NothingToTrain("There are no pairs to train on", "Give at least one prompt with its completion")
        return [Example(prompt, completion) for prompt, completion in pairs]


def as_dict(report: Any) -> Dict[str, Any]:
    """Return a report as JSON-able values."""
    return dataclasses.asdict(report) if dataclasses.is_dataclass(report) else dict(vars(report))  # type: ignore[arg-type]


def _pair(entry: Dict[str, Any]) -> Tuple[str, str]:
    return entry["prompt"], next(entry[key] for key in ANSWER_KEYS if key in entry)
