"""Training on examples: the optimizer, its schedule, and the loop over epochs with validation and early stopping."""

from __future__ import annotations

import math
import random
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Callable, Dict, List, Optional, Sequence, Tuple

from sovl_core.answer_states import PromptCache
from sovl_core.data_processing import Encoded, Example, collate, make_batches, pad_token_id, tokenize_and_map
from sovl_core.error_handling import NothingToTrain
from sovl_core.evaluation_mode import learning
from sovl_core.events import Progress, TrainStep
from sovl_core.optimization_step import optimise, train_step
from sovl_core.validation import validate_epoch

if TYPE_CHECKING:
    from sovl_core.models import Models
    from sovl_core.plugin_manager import PluginManager
    from sovl_core.settings import SystemConfig

__all__ = ["TrainReport", "run_training_cycle", "setup_optimizer", "train_step"]

#: A dry run takes this many examples, cut to this many tokens.
DRY_RUN_EXAMPLES = 2
DRY_RUN_TOKENS = 128


@dataclass
class TrainReport:
    """What a training cycle did.

    ``tokens``, ``losses`` and ``validation`` are those of all processes, ``skipped`` and ``reasons`` of this one.
    Losses are nats a token; ``validation`` holds one loss an epoch, empty without validation examples;
    ``best_epoch`` is the one whose weights were kept, counted from 1. ``skipped`` counts batches that were not trained
    on, with the reasons in ``reasons``. ``test`` holds loss and accuracy on a test file before and after, where there
    is one.
    """

    examples: int
    epochs: int = 0
    steps: int = 0
    tokens: int = 0
    losses: List[float] = field(default_factory=list)
    validation: List[float] = field(default_factory=list)
    best_epoch: Optional[int] = None
    stopped_early: bool = False
    skipped: int = 0
    reasons: Dict[str, int] = field(default_factory=dict)
    seconds: float = 0.0
    dry_run: bool = False
    trainable_parameters: int = 0
    test: Dict[str, float] = field(default_factory=dict)


def setup_optimizer(
    models: Models,
    learning_rate: float,
    weight_decay: float,
    total_steps: int,
    warmup: float = 0.1,
    final: float = 0.1,
    first_step: int = 0,
    decay: str = "cosine",
) -> Tuple[Any, Any]:
    """Return AdamW over everything registered, and its schedule: linear warm-up, then a decay.

    :param learning_rate: peak; each trainable's own scale multiplies it.
    :param warmup: share of ``total_steps`` in which the rate rises.
    :param final: share of the peak that is left at the end of a cosine.
    :param first_step: steps that were taken before, by training that was interrupted; the schedule goes on from there.
    :param decay: ``cosine``, or ``linear``, the classic one, which falls to nothing.
    :raises NothingToTrain: when no plugin registered anything that learns.
    """
    import torch

    groups = models.parameter_groups(learning_rate, weight_decay)
    if not groups:
        raise NothingToTrain(
            "nothing here learns: no plugin has registered anything to train",
            "Install sovl-cross-attention, or switch it on: sovl plugins list",
        )
    optimizer = torch.optim.AdamW(groups)
    rise = max(1, round(warmup * total_steps))

    def rate(step: int) -> float:
        index = first_step + step
        if index < rise:
            return (index + 1) / rise
        way = min(1.0, (index - rise) / max(1, total_steps - rise))
        if decay == "linear":
            return 1.0 - way
        return final + (1 - final) * 0.5 * (1 + math.cos(math.pi * way))

    return optimizer, torch.optim.lr_scheduler.LambdaLR(optimizer, rate)


def run_training_cycle(
    models: Models,
    examples: Sequence[Example],
    config: SystemConfig,
    hooks: PluginManager,
    epochs: Optional[int] = None,
    dry_run: bool = False,
    progress: Optional[Callable[[Progress], None]] = None,
    breathe: Callable[[], None] = lambda: None,
    accelerator: Any = None,
) -> TrainReport:
    """Train on examples for some epochs; what was best on the held-back part is what remains.

    Every batch goes through ``on_train_step``. Under ``accelerate launch`` each process takes its share of the batches
    and gradients are averaged before each optimizer step.

    :param examples: at least one.
    :param epochs: passes; None takes ``training.epochs``.
    :param dry_run: two examples of 128 tokens for one epoch; afterwards the weights are what they were.
    :param breathe: called between batches; lets a waiting user go first.
    :param accelerator: ``accelerate.Accelerator``; None makes one for the device the models are on.
    :raises NothingToTrain: without examples, or when nothing registered learns.
    """
    started = time.monotonic()
    if not examples:
        raise NothingToTrain("there are no examples to train on", "Give at least one prompt with its completion.")
    settings = config.training
    if dry_run:
        examples, epochs = list(examples)[:DRY_RUN_EXAMPLES], 1
    epochs = epochs if epochs is not None else settings.epochs
    length = min(settings.max_seq_length, DRY_RUN_TOKENS) if dry_run else settings.max_seq_length
    encoded = tokenize_and_map(models.base_tokenizer, examples, length, config.generation.system_prompt)
    training, held_back = split_validation(encoded, config.core.validation_split, config.core.seed)
    accelerator = accelerator if accelerator is not None else _accelerator(models)
    cycle = _Cycle(models, hooks, config, accelerator, progress, breathe, epochs, len(training))
    before = models.snapshot() if dry_run else None
    report = TrainReport(len(examples), dry_run=dry_run, trainable_parameters=models.trainable_parameters())
    try:
        with learning(models):
            cycle.run(training, held_back, report)
    finally:
        if before is not None:
            models.restore(before)
    report.seconds = time.monotonic() - started
    return report


def split_validation(encoded: Sequence[Encoded], share: float, seed: int) -> Tuple[List[Encoded], List[Encoded]]:
    """Return (training, held back): the same split for the same seed; fewer than 5 examples are not split."""
    items = list(encoded)
    random.Random(seed).shuffle(items)
    count = int(len(items) * share) if len(items) >= 5 else 0
    return items[count:], items[:count]


class _Cycle:
    """The state of one training cycle."""

    def __init__(
        self,
        models: Models,
        hooks: PluginManager,
        config: SystemConfig,
        accelerator: Any,
        progress: Optional[Callable[[Progress], None]],
        breathe: Callable[[], None],
        epochs: int,
        examples: int,
    ) -> None:
        settings = config.training
        self.models, self.hooks, self.settings, self.accelerator = models, hooks, settings, accelerator
        self.progress, self.breathe, self.epochs = progress, breathe, epochs
        self.rng = random.Random(config.core.seed)
        self.chance = random.Random(f"{config.core.seed}:steps")
        # Few examples still get several steps: accumulation may not swallow whole epochs.
        batches = math.ceil(examples / settings.batch_size)
        self.accumulation = max(1, min(settings.accumulation, batches // 2))
        self.total = max(1, epochs * math.ceil(math.ceil(batches / accelerator.num_processes) / self.accumulation))
        self.optimizer, self.schedule = setup_optimizer(
            models, settings.learning_rate, settings.weight_decay, self.total, settings.warmup, decay=settings.decay
        )
        self.cache = PromptCache()
        self.started = time.monotonic()
        self._begin_alike()

    def run(self, training: List[Encoded], held_back: List[Encoded], report: TrainReport) -> None:
        """Run all epochs, keeping the best weights where there is something to judge them by."""
        best: Optional[float] = None
        kept: Any = None
        without_gain = 0
        for epoch in range(1, self.epochs + 1):
            report.losses.append(self._epoch(training, report))
            report.epochs = epoch
            if not held_back:
                report.best_epoch = epoch
                continue
            loss = self._validate(held_back)
            report.validation.append(loss)
            # A loss that is not finite is no gain, and nothing that a later one could be measured against.
            if math.isfinite(loss) and (best is None or loss < best):
                best, kept, without_gain, report.best_epoch = loss, self.models.snapshot(), 0, epoch
            else:
                without_gain += 1
            if without_gain >= self.settings.patience:
                report.stopped_early = True
                break
        if kept is not None and report.best_epoch != report.epochs:
            self.models.restore(kept)

    def _validate(self, held_back: List[Encoded]) -> float:
        batches = make_batches(held_back, self.settings.batch_size)
        loss = validate_epoch(self.models, batches, self.hooks, self.cache).loss
        # One number for all: processes that stopped at different epochs would wait for each other for ever.
        return self._over_processes([loss], "mean")[0]

    def _epoch(self, training: List[Encoded], report: TrainReport) -> float:
        batches = make_batches(training, self.settings.batch_size, self.rng)
        rank, processes = self.accelerator.process_index, self.accelerator.num_processes
        # Every process takes equally many batches: a collective that one of them skips would hang the others.
        rounds = math.ceil(len(batches) / processes)
        mine = [batches[index % len(batches)] for index in range(rank, rounds * processes, processes)]
        summed, tokens, pending, gathered = 0.0, 0, 0, 0
        for index, batch in enumerate(mine):
            self.breathe()
            result = self._batch(batch, report.steps, report)
            pending += 1
            if result is None:
                # What has gathered may hold half of a failed batch's gradient.
                self.optimizer.zero_grad(set_to_none=True)
                gathered = 0
            else:
                summed, tokens, gathered = summed + result[0] * result[1], tokens + result[1], gathered + 1
            if pending == self.accumulation or index == len(mine) - 1:
                self._step(gathered, report, result)
                pending, gathered = 0, 0
        everywhere, count = self._over_processes([summed, tokens], "sum")
        report.tokens += int(count)
        return everywhere / count if count else math.nan

    def _batch(self, batch: List[Encoded], index: int, report: TrainReport) -> Optional[Tuple[float, int]]:
        collated = collate(batch, pad_token_id(self.models.base_tokenizer)).to(self.models.device)
        step = TrainStep(
            collated,
            self.models,
            index,
            self.total,
            "train",
            self.accelerator.backward,
            prompt_cache=self.cache,
            rng=self.chance,
        )
        with self.accelerator.autocast():
            result = self.hooks.on_train_step(step, train_step)
        if result.skipped is not None:
            report.skipped += 1
            report.reasons[result.skipped] = report.reasons.get(result.skipped, 0) + 1
            return None
        return result.loss, result.tokens

    def _step(self, gathered: int, report: TrainReport, result: Optional[Tuple[float, int]]) -> None:
        self._average_gradients(max(1, gathered))
        optimise(self.models, self.optimizer, self.schedule, self.settings.max_grad_norm)
        report.steps += 1
        if self.progress is not None and self.accelerator.is_main_process:
            spent = time.monotonic() - self.started
            left = spent / report.steps * max(0, self.total - report.steps)
            self.progress(Progress("train", report.steps, self.total, result[0] if result else None, left))

    def _begin_alike(self) -> None:
        """Give every process the first one's weights: gradients are averaged, what they are added to is not."""
        if self.accelerator.num_processes == 1:
            return
        from accelerate.utils import broadcast

        for group in self.optimizer.param_groups:
            for parameter in group["params"]:
                parameter.data.copy_(broadcast(parameter.data))

    def _over_processes(self, numbers: List[float], reduction: str) -> List[float]:
        if self.accelerator.num_processes == 1:
            return numbers
        import torch

        shared = torch.tensor(numbers, dtype=torch.float64, device=self.models.device)
        reduced: List[float] = self.accelerator.reduce(shared, reduction=reduction).tolist()
        return reduced

    def _average_gradients(self, batches: int) -> None:
        for group in self.optimizer.param_groups:
            for parameter in group["params"]:
                if parameter.grad is None and self.accelerator.num_processes > 1:
                    parameter.grad = parameter.detach().new_zeros(parameter.shape)
                if parameter.grad is None:
                    continue
                parameter.grad.div_(batches)
                if self.accelerator.num_processes > 1:
                    parameter.grad = self.accelerator.reduce(parameter.grad, reduction="mean")


def _accelerator(models: Models) -> Any:
    from accelerate import Accelerator

    return Accelerator(cpu=models.device.type == "cpu")
