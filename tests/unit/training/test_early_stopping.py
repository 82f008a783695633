"""When training stops before its last epoch, and which epoch's weights remain."""

from __future__ import annotations

import math
from types import SimpleNamespace
from typing import Any, Callable, Iterator, List

import pytest
import torch

from sovl_core import training
from sovl_core.models import Models
from sovl_core.training import run_training_cycle
from tests.unit.training.pairs import PAIRS, weights


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
