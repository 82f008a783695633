"""Quantized layers on this CPU: recognised, smaller, and gradients pass through them after decoding."""

from __future__ import annotations

import logging

import pytest
import torch
from transformers import AutoModelForCausalLM

from sovl_quantization.layers import CHATTER, Quiet, footprint, let_gradients_through, precision_of
from sovl_quantization.modes import MODES, set_quantization_mode


def load(folder, mode):
    arguments = set_quantization_mode(mode, {"dtype": torch.float32})
    return AutoModelForCausalLM.from_pretrained(folder, **arguments).eval().requires_grad_(False)


@pytest.mark.parametrize("mode", sorted(MODES))
def test_a_loaded_model_is_recognised(folder, mode):
    assert precision_of(load(folder, mode)) == mode


def test_precision_of_a_model_without_weights():
    assert precision_of(torch.nn.Identity()) == "none"


def test_fewer_bits_take_less_memory(folder):
    sizes = [footprint(load(folder, mode)) for mode in ("fp32", "fp16", "int4")]
    assert sizes[0] > sizes[1]
    assert sizes[0] > sizes[2]
    assert footprint(load(folder, "int8")) < sizes[0]


def test_footprint_counts_weights_once_and_scales_too(folder):
    model = load(folder, "fp32")
    parameters = sum(p.numel() * 4 for p in model.parameters())
    buffers = sum(b.numel() * b.element_size() for b in model.buffers())
    assert footprint(model) == parameters + buffers
    model.lm_head.weight = model.get_input_embeddings().weight
    assert footprint(model) == parameters + buffers - 64 * 64 * 4

    quantized = load(folder, "int4")
    stored = sum(p.untyped_storage().nbytes() for p in quantized.parameters())
    assert footprint(quantized) > stored + sum(b.untyped_storage().nbytes() for b in quantized.buffers())


@pytest.mark.parametrize("mode", ["int8", "int4"])
def test_gradients_pass_through_after_decoding(folder, mode):
    model, exact = load(folder, mode), load(folder, "fp32")
    let_gradients_through(model)
    model.generate(torch.tensor([[1, 2, 3]]), max_new_tokens=2, do_sample=False, pad_token_id=0)
    grads = []
    for candidate in (model, exact):
        hidden = torch.linspace(-1, 1, 3 * 64).reshape(1, 3, 64).requires_grad_(True)
        candidate.model.layers[0].mlp(hidden).square().sum().backward()
        assert hidden.grad is not None
        grads.append(hidden.grad.flatten())
    assert torch.nn.functional.cosine_similarity(*grads, dim=0) > 0.9


def test_layers_that_would_be_repacked_are_counted(folder):
    model = load(folder, "int4")
    layers = [module for module in model.modules() if type(module).__name__ == "Linear4bit"]
    for layer in layers:
        layer.support_avx512bf16_for_cpu = True
    assert let_gradients_through(model) == len(layers) > 0
    assert let_gradients_through(model) == 0


def test_chatter_is_silenced_and_only_while_asked(caplog):
    quiet = Quiet()
    loggers = {name: logging.getLogger(name) for name in CHATTER}
    before = {name: list(logger.filters) for name, logger in loggers.items()}
    quiet.start()
    quiet.start()
    for name, logger in loggers.items():
        logger.warning(f"{CHATTER[name]} from %s", "float32")
        logger.warning("something else")
    quiet.stop()
    quiet.stop()
    assert [record.message for record in caplog.records] == ["something else"] * len(CHATTER)
    assert {name: logger.filters for name, logger in loggers.items()} == before
