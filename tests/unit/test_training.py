from __future__ import annotations

import json
import math
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Callable, Dict, Iterator, List

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from sovl_core import training
from sovl_core.data_processing import Encoded, Example
from sovl_core.error_handling import NothingToTrain
from sovl_core.events import Progress, StepResult, TrainStep
from sovl_core.hookspecs import hookimpl
from sovl_core.models import Models
from sovl_core.plugin import Plugin
from sovl_core.system_config import load_config
from sovl_core.training import run_training_cycle, setup_optimizer, split_validation

WORKER = Path(__file__).parent / "data" / "train_in_processes.py"
PAIRS = [Example(f"What is {word}?", f"It is {word}.") for word in ("red", "a tree", "Graz", "the dog", "tea", "42")]


@pytest.fixture
def models(tiny_model: Callable[..., Any], chat_tokenizer: Any) -> Models:
    """A tiny Llama whose last layer is followed by something that learns."""
    base = tiny_model("llama", vocab_size=320, max_position_embeddings=512, initializer_range=0.3)
    loaded = Models(base, chat_tokenizer)
    push = nn.Linear(32, 32, bias=False)
    nn.init.zeros_(push.weight)
    loaded.register_trainable("push", push)
    loaded.base.base_model.layers[-1].register_forward_hook(
        lambda module, args, output: output + push(output) if loaded.scaffold_enabled else output
    )
    return loaded


@pytest.fixture
def config() -> Any:
    made = load_config(None)
    made.training.learning_rate = 0.05
    made.training.batch_size = 2
    return made


def weights(models: Models) -> Any:
    return models.trainables["push"].module.weight


class TestOptimizer:
    def test_rates_rise_and_fall(self, models: Models) -> None:
        optimizer, schedule = setup_optimizer(models, 1.0, 0.01, total_steps=100, warmup=0.1)
        rates = []
        for _ in range(101):
            rates.append(optimizer.param_groups[0]["lr"])
            optimizer.step()
            schedule.step()
        assert rates[:10] == pytest.approx([0.1 * n for n in range(1, 11)])
        assert max(rates) == pytest.approx(1.0)
        assert all(later <= earlier for earlier, later in zip(rates[10:], rates[11:]))
        assert rates[100] == pytest.approx(0.1)

    def test_the_classic_rate_falls_to_nothing_in_a_line(self, models: Models) -> None:
        optimizer, schedule = setup_optimizer(models, 1.0, 0.01, total_steps=100, warmup=0.1, decay="linear")
        rates = []
        for _ in range(101):
            rates.append(optimizer.param_groups[0]["lr"])
            optimizer.step()
            schedule.step()
        assert rates[10:] == pytest.approx([1 - n / 90 for n in range(91)])

    @pytest.mark.parametrize("total", [1, 2, 7])
    @pytest.mark.parametrize("warmup", [0.0, 0.5, 1.0])
    def test_short_runs_have_sensible_rates(self, models: Models, total: int, warmup: float) -> None:
        optimizer, schedule = setup_optimizer(models, 1.0, 0.0, total, warmup)
        for _ in range(total + 2):
            assert 0 < optimizer.param_groups[0]["lr"] <= 1.0
            optimizer.step()
            schedule.step()

    def test_an_interrupted_schedule_goes_on(self, models: Models, recwarn: Any) -> None:
        optimizer, schedule = setup_optimizer(models, 1.0, 0.01, total_steps=20)
        for _ in range(7):
            optimizer.step()
            schedule.step()
        later, _ = setup_optimizer(models, 1.0, 0.01, total_steps=20, first_step=7)
        assert later.param_groups[0]["lr"] == pytest.approx(optimizer.param_groups[0]["lr"])
        assert [str(w.message) for w in recwarn if "lr_scheduler" in str(w.message)] == []

    def test_each_group_keeps_its_own_scale(self, models: Models) -> None:
        gate = nn.Module()
        gate.gate = nn.Parameter(torch.zeros(()))
        models.register_trainable("gate", gate, learning_rate_scale=10.0, decay=False)
        optimizer, _ = setup_optimizer(models, 1e-3, 0.1, 10, warmup=0.0)
        assert [(g["lr"], g["weight_decay"]) for g in optimizer.param_groups] == [(1e-3, 0.1), (1e-2, 0.0)]

    def test_with_nothing_that_learns_the_plugin_to_install_is_named(self, models: Models) -> None:
        models.unregister_trainable("push")
        with pytest.raises(NothingToTrain, match="sovl-cross-attention"):
            setup_optimizer(models, 1e-3, 0.0, 10)


class TestSplit:
    @staticmethod
    def items(count: int) -> List[Encoded]:
        return [Encoded([n], 0, Example(str(n), "")) for n in range(count)]

    def test_the_same_seed_splits_the_same_way(self) -> None:
        # Written down: a life's validation examples must not become training examples with the next version.
        training_part, held_back = split_validation(self.items(10), 0.2, 42)
        assert [item.input_ids[0] for item in held_back] == [7, 3]
        assert [item.input_ids[0] for item in training_part] == [2, 8, 5, 6, 9, 4, 0, 1]
        assert split_validation(self.items(10), 0.2, 43)[1] != held_back

    @pytest.mark.parametrize("count", [0, 1, 4])
    def test_a_handful_is_not_split(self, count: int) -> None:
        training_part, held_back = split_validation(self.items(count), 0.9, 0)
        assert (len(training_part), held_back) == (count, [])

    @given(st.integers(0, 60), st.floats(0, 0.9), st.integers(0, 2**32 - 1))
    def test_every_example_is_on_one_side_and_some_are_trained_on(self, count: int, share: float, seed: int) -> None:
        items = self.items(count)
        training_part, held_back = split_validation(items, share, seed)
        assert sorted(item.input_ids[0] for item in training_part + held_back) == list(range(count))
        assert training_part or not count


class TestCycle:
    def test_what_is_trained_on_becomes_known(self, models: Models, config: Any, manager: Any) -> None:
        config.training.accumulation = 1
        seen: List[Progress] = []
        report = run_training_cycle(models, PAIRS[:4], config, manager(), epochs=60, progress=seen.append)
        assert report.losses[0] > 3.0
        assert report.losses[-1] < 0.3
        assert (report.examples, report.epochs, report.steps) == (4, 60, 120)
        assert report.trainable_parameters == 32 * 32
        assert (report.validation, report.best_epoch, report.stopped_early) == ([], 60, False)
        assert [p.step for p in seen] == list(range(1, 121))
        assert {p.total for p in seen} == {120}
        assert seen[-1].seconds_left == 0
        assert all(p.stage == "train" and p.loss is not None for p in seen)

    def test_it_is_deterministic(self, models: Models, config: Any, manager: Any) -> None:
        start = models.snapshot()
        run_training_cycle(models, PAIRS, config, manager(), epochs=2)
        first = weights(models).detach().clone()
        models.restore(start)
        run_training_cycle(models, PAIRS, config, manager(), epochs=2)
        assert torch.equal(weights(models), first)

    def test_a_dry_run_leaves_every_bit(self, models: Models, config: Any, manager: Any) -> None:
        before = models.snapshot()
        steps: List[TrainStep] = []

        class Watches(Plugin):
            name = "watches"

            @hookimpl(wrapper=True)
            def on_train_step(self, step: TrainStep) -> Any:
                steps.append(step)
                return (yield)

        long = [Example("word " * 300, "yes " * 300)] * 9
        report = run_training_cycle(models, long, config, manager(Watches()), epochs=7, dry_run=True)
        assert report.dry_run
        assert (report.examples, report.epochs, report.steps) == (2, 1, 1)
        assert [step.batch.input_ids.shape for step in steps] == [(2, 128)]
        after = models.snapshot()
        assert all(torch.equal(after["push"][key], tensor) for key, tensor in before["push"].items())

    def test_a_dry_run_that_fails_leaves_every_bit(self, models: Models, config: Any, manager: Any) -> None:
        before = weights(models).detach().clone()

        def stop() -> None:
            with torch.no_grad():
                weights(models).add_(1.0)
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            run_training_cycle(models, PAIRS, config, manager(), dry_run=True, breathe=stop)
        assert torch.equal(weights(models), before)

    def test_a_fifth_is_held_back_and_measured_each_epoch(self, models: Models, config: Any, manager: Any) -> None:
        config.training.learning_rate = 1e-3
        config.training.patience = 1000
        phases: List[Any] = []

        class Watches(Plugin):
            name = "watches"

            @hookimpl(wrapper=True)
            def on_train_step(self, step: TrainStep) -> Any:
                phases.append((step.phase, {example.prompt for example in step.batch.examples}))
                return (yield)

        report = run_training_cycle(models, PAIRS, config, manager(Watches()), epochs=3)
        assert len(report.validation) == 3
        measured = set().union(*(prompts for phase, prompts in phases if phase == "validation"))
        trained = set().union(*(prompts for phase, prompts in phases if phase == "train"))
        assert (len(measured), len(trained), measured & trained) == (1, 5, set())

    def test_the_epochs_of_the_settings_are_the_default(self, models: Models, config: Any, manager: Any) -> None:
        config.training.epochs = 2
        assert run_training_cycle(models, PAIRS[:2], config, manager()).epochs == 2

    def test_few_examples_still_get_several_steps(self, models: Models, config: Any, manager: Any) -> None:
        config.training.accumulation = 8
        assert run_training_cycle(models, PAIRS[:4], config, manager(), epochs=3).steps == 6

    def test_batches_are_accumulated_to_their_mean(
        self, models: Models, config: Any, manager: Any, mocker: Any
    ) -> None:
        config.training.accumulation = 2
        config.core.validation_split = 0.0
        gradients: List[Any] = []

        def look(*arguments: Any) -> float:
            gradients.append(weights(models).grad.clone())
            optimizer = arguments[1]
            optimizer.zero_grad()
            return 0.0

        mocker.patch.object(training, "optimise", look)
        single: List[Any] = []

        class Watches(Plugin):
            name = "watches"

            @hookimpl(wrapper=True)
            def on_train_step(self, step: TrainStep) -> Any:
                held = weights(models).grad
                before = torch.zeros(32, 32) if held is None else held.clone()
                result = yield
                single.append(weights(models).grad - before)
                return result

        report = run_training_cycle(models, (PAIRS * 2)[:9], config, manager(Watches()), epochs=1)
        assert len(single) == 5
        assert len(gradients) == 3
        torch.testing.assert_close(gradients[0], (single[0] + single[1]) / 2)
        torch.testing.assert_close(gradients[2], single[4])
        assert report.tokens > 0

    def test_a_batch_that_fails_costs_itself_and_what_was_gathered_with_it(
        self, models: Models, config: Any, manager: Any, mocker: Any
    ) -> None:
        config.training.batch_size, config.training.accumulation = 1, 3
        config.core.validation_split = 0.0
        gradients: List[Any] = []
        good: List[Any] = []

        def look(*arguments: Any) -> float:
            gradients.append(weights(models).grad.clone())
            arguments[1].zero_grad()
            return 0.0

        mocker.patch.object(training, "optimise", look)

        class FailsSecond(Plugin):
            name = "fails_second"

            @hookimpl(wrapper=True)
            def on_train_step(self, step: TrainStep) -> Any:
                result = yield
                good.append(weights(models).grad.clone())
                return StepResult.skip("the second one") if len(good) == 2 else result

        report = run_training_cycle(models, PAIRS, config, manager(FailsSecond()), epochs=1)
        assert (report.skipped, report.reasons) == (1, {"the second one": 1})
        # Of the first three only the third is left; it counts in full.
        torch.testing.assert_close(gradients[0], good[2])
        assert len(gradients) == 2

    def test_losses_that_are_not_finite_are_skipped_and_counted(
        self, models: Models, config: Any, manager: Any
    ) -> None:
        before = weights(models).detach().clone()

        class Spoils(Plugin):
            name = "spoils"

            @hookimpl(wrapper=True)
            def on_train_step(self, step: TrainStep) -> Any:
                step.loss_terms["mine"] = lambda _: torch.tensor(math.nan)
                return (yield)

        report = run_training_cycle(models, PAIRS[:4], config, manager(Spoils()), epochs=2)
        assert report.reasons == {"the loss is not finite": 4}
        assert all(math.isnan(loss) for loss in report.losses)
        assert torch.equal(weights(models), before)

    def test_it_breathes_before_each_batch_and_can_be_ended_there(
        self, models: Models, config: Any, manager: Any
    ) -> None:
        class Enough(Exception):
            pass

        breaths: List[int] = []

        def breathe() -> None:
            breaths.append(1)
            if len(breaths) == 3:
                raise Enough

        with pytest.raises(Enough):
            run_training_cycle(models, PAIRS[:4], config, manager(), epochs=9, breathe=breathe)
        assert len(breaths) == 3

    def test_without_examples_there_is_nothing_to_train(self, models: Models, config: Any, manager: Any) -> None:
        with pytest.raises(NothingToTrain, match="no examples"):
            run_training_cycle(models, [], config, manager())

    def test_what_learns_is_in_training_mode_in_training_alone(self, models: Models, config: Any, manager: Any) -> None:
        module = models.trainables["push"].module.eval()
        modes: Dict[str, bool] = {}

        class Watches(Plugin):
            name = "watches"

            @hookimpl(wrapper=True)
            def on_train_step(self, step: TrainStep) -> Any:
                modes[step.phase] = module.training
                return (yield)

        run_training_cycle(models, PAIRS, config, manager(Watches()), epochs=1)
        assert modes == {"train": True, "validation": False}
        assert not module.training


class TestEarlyStopping:
    @pytest.fixture
    def validated(self, models: Models, config: Any, manager: Any, mocker: Any) -> Callable[..., Any]:
        """Return ``run(losses)``: trains with these validation losses; returns report and weights after each epoch."""

        def run(losses: List[float], patience: int = 2) -> Any:
            config.training.patience = patience
            after: List[Any] = []
            given: Iterator[float] = iter(losses)

            def measure(*_: Any) -> Any:
                after.append(weights(models).detach().clone())
                return SimpleNamespace(loss=next(given))

            mocker.patch.object(training, "validate_epoch", measure)
            report = run_training_cycle(models, PAIRS, config, manager(), epochs=len(losses))
            assert not any(torch.equal(a, b) for a, b in zip(after, after[1:]))
            return report, after

        return run

    def test_the_best_epoch_is_what_remains(self, validated: Any, models: Models) -> None:
        report, after = validated([3.0, 1.0, 2.0, 1.5, 0.5])
        assert (report.epochs, report.best_epoch, report.stopped_early) == (4, 2, True)
        assert report.validation == [3.0, 1.0, 2.0, 1.5]
        assert torch.equal(weights(models), after[1])

    def test_a_gain_in_between_starts_the_count_anew(self, validated: Any, models: Models) -> None:
        report, after = validated([3.0, 4.0, 2.0, 2.5, 1.0])
        assert (report.epochs, report.best_epoch, report.stopped_early) == (5, 5, False)
        assert torch.equal(weights(models), after[4])

    def test_the_same_loss_is_no_gain(self, validated: Any) -> None:
        report, _ = validated([1.0, 1.0, 1.0, 1.0])
        assert (report.epochs, report.best_epoch) == (3, 1)

    def test_the_best_is_put_back_also_at_the_end(self, validated: Any, models: Models) -> None:
        report, after = validated([2.0, 1.0, 3.0], patience=9)
        assert (report.epochs, report.best_epoch, report.stopped_early) == (3, 2, False)
        assert torch.equal(weights(models), after[1])

    def test_an_epoch_that_cannot_be_measured_is_no_best(self, validated: Any, models: Models) -> None:
        report, after = validated([math.nan, 2.0, 1.0, math.nan, math.nan, 0.1])
        assert (report.epochs, report.best_epoch) == (5, 3)
        assert torch.equal(weights(models), after[2])

    def test_where_nothing_can_be_measured_the_last_weights_stay(self, validated: Any, models: Models) -> None:
        report, after = validated([math.nan, math.nan, math.nan])
        assert (report.epochs, report.best_epoch) == (2, None)
        assert torch.equal(weights(models), after[-1])


class Ranks:
    """An accelerator that is one of several processes, without the others."""

    def __init__(self, index: int, count: int) -> None:
        self.process_index, self.num_processes = index, count
        self.is_main_process = index == 0
        self.reduced = 0

    def backward(self, loss: Any) -> None:
        loss.backward()

    def autocast(self) -> Any:
        import contextlib

        return contextlib.nullcontext()

    def reduce(self, tensor: Any, reduction: str) -> Any:
        self.reduced += 1
        # What the others have is the same again.
        return tensor * self.num_processes if reduction == "sum" else tensor


@pytest.mark.parametrize("count", [1, 2, 3, 4])
def test_processes_share_the_batches_and_meet_equally_often(
    models: Models, config: Any, manager: Any, count: int
) -> None:
    config.training.batch_size, config.training.accumulation = 1, 2
    config.core.validation_split = 0.0
    start = models.snapshot()
    seen: List[str] = []
    met: List[Any] = []
    for index in range(count):
        models.restore(start)
        mine: List[str] = []

        class Watches(Plugin):
            name = "watches"

            @hookimpl(wrapper=True)
            def on_train_step(self, step: TrainStep) -> Any:
                mine.extend(example.prompt for example in step.batch.examples)  # noqa: B023
                return (yield)

        ranks = Ranks(index, count)
        progress: List[Progress] = []
        report = run_training_cycle(
            models, PAIRS, config, manager(Watches()), epochs=1, accelerator=ranks, progress=progress.append
        )
        assert bool(progress) == (index == 0)
        met.append((report.steps, ranks.reduced))
        seen += mine
    assert set(seen) == {example.prompt for example in PAIRS}
    assert len(seen) < len(PAIRS) + count
    assert len(set(met)) == 1
    # Once a step for the gradients, once for the epoch's sums.
    assert met[0][1] == (0 if count == 1 else met[0][0] + 1)


def test_what_is_told_of_an_epoch_is_told_of_all_processes(models: Models, config: Any, manager: Any) -> None:
    config.training.batch_size, config.core.validation_split = 1, 0.5
    reports = [
        run_training_cycle(models, PAIRS[:1] * 6, config, manager(), epochs=1, accelerator=Ranks(0, count))
        for count in (1, 3)
    ]
    assert reports[0].tokens == reports[1].tokens > 0
    assert len(reports[1].validation) == 1


def test_processes_that_measure_differently_stop_together(models: Models, config: Any, manager: Any) -> None:
    class Others(Ranks):
        """The others measure something that gets worse from epoch to epoch."""

        measured = 0.0

        def reduce(self, tensor: Any, reduction: str) -> Any:
            if reduction == "mean" and tensor.ndim == 1 and tensor.dtype == torch.float64:
                self.measured += 1000.0
                return torch.full_like(tensor, self.measured)
            return super().reduce(tensor, reduction)

    config.training.patience, config.core.validation_split = 2, 0.5
    report = run_training_cycle(models, PAIRS, config, manager(), epochs=9, accelerator=Others(0, 2))
    assert report.validation == [1000.0, 2000.0, 3000.0]
    assert (report.stopped_early, report.best_epoch) == (True, 1)


def launched(model: Path, result: Path, processes: int) -> Dict[str, Any]:
    """Train in so many processes, as ``accelerate launch`` starts them; return what each wrote down.

    With ``--cpu`` that command leaves starting to MPI; torch's own launcher sets the same environment without it.
    """
    result.mkdir()
    launcher = ["-m", "torch.distributed.run", "--standalone", "--nproc_per_node", str(processes)]
    done = subprocess.run(
        [sys.executable, *launcher, str(WORKER), str(model), str(result)],
        capture_output=True,
        text=True,
        env={**os.environ, "OMP_NUM_THREADS": "1", "ACCELERATE_USE_CPU": "true"},
        timeout=900,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return {path.stem: json.loads(path.read_text()) for path in sorted(result.glob("*.json"))}


def test_two_processes_end_with_the_same_weights(tiny_model: Any, chat_tokenizer: Any, tmp_path: Path) -> None:
    folder = tmp_path / "model"
    tiny_model("llama", vocab_size=320, max_position_embeddings=512).save_pretrained(str(folder))
    chat_tokenizer.save_pretrained(str(folder))
    told = launched(folder, tmp_path / "two", 2)
    assert sorted(told) == ["0", "1"]
    first, second = (torch.load(str(tmp_path / "two" / f"{rank}.pt"), weights_only=True) for rank in (0, 1))
    assert torch.equal(first, second)
    assert float(first.abs().sum()) > 0
    assert told["0"]["validation"] == told["1"]["validation"]
    assert told["0"]["steps"] == told["1"]["steps"]
    assert (told["0"]["skipped"], told["1"]["skipped"]) == (0, 1)
