"""The optimizer and its rates, what is held back, and a cycle of training from its first batch to its report."""

from __future__ import annotations

import math
from typing import Any, Dict, List

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
from sovl_core.training import run_training_cycle, setup_optimizer, split_validation
from tests.unit.training.pairs import PAIRS, weights


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
