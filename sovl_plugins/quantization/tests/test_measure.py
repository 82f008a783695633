"""Measurements on a tiny model: real numbers, a report of both sides, short models measured on less."""

from __future__ import annotations

import itertools

import pytest
import torch

from sovl_quantization.layers import footprint
from sovl_quantization.measure import PASSAGE, Measurement, measure, report


def test_measurement_of_the_loaded_base(life):
    models = life.load()
    ticks = itertools.count(0.0, 0.5)
    result = measure(models, tokens=8, clock=lambda: next(ticks))
    assert result.precision == "fp32"
    assert result.footprint == footprint(models.base)
    assert result.tokens_per_second == pytest.approx(16.0)
    ids = models.base_tokenizer(PASSAGE, return_tensors="pt")["input_ids"][:, : 64 - 8]
    with torch.no_grad():
        logits = models.base(ids).logits
    expected = torch.nn.functional.cross_entropy(logits[0, :-1], ids[0, 1:]).item()
    assert result.loss == pytest.approx(expected, rel=1e-5)


def test_speed_is_finite_or_infinite_but_never_an_error(life):
    assert measure(life.load(), tokens=2, clock=lambda: 1.0).tokens_per_second == float("inf")


def test_measuring_bypasses_the_scaffold(life):
    models, seen = life.load(), []
    models.base.register_forward_hook(lambda *_: seen.append(models.scaffold_enabled))
    measure(models, tokens=2)
    assert seen
    assert not any(seen)
    assert models.scaffold_enabled


def test_report_compares_both():
    before = Measurement("fp32", 400 * 2**20, 10.0, 3.0)
    text = report(before, Measurement("int8", 100 * 2**20, 5.0, 3.25))
    assert "400.0 MiB" in text
    assert "100.0 MiB" in text
    assert "0.25 times the memory, 0.50 times the speed, +0.250 nats a token" in text


def test_report_without_a_before_has_one_column_of_numbers():
    text = report(None, Measurement("int8", 2048, 5.0, 3.25))
    assert "2.0 KiB" in text
    assert "times" not in text
    assert "before" not in text
