"""The plugin alone in a real life on a tiny model: what was learned stays, replies and training go on."""

from __future__ import annotations

import pytest


@pytest.mark.parametrize("mode", ["int8", "int4", "bf16"])
def test_precision_changes_in_place_and_what_was_learned_stays(open_life, mode):
    import torch

    system = open_life("quantization")
    system.generate("My dog is called Biscuit.")
    with torch.no_grad():
        for name, parameter in system.models().scaffold.named_parameters():
            if "lora_B" in name:
                parameter.fill_(0.5)
    before = {name: tensor.clone() for name, tensor in system.models().snapshot()["scaffold"].items()}
    text = system.commands()[mode].run([], {"tokens": 2})
    assert mode in text
    models = system.models()
    models.scaffold  # noqa: B018 - built again for the new base
    after = models.snapshot()["scaffold"]
    assert after.keys() == before.keys()
    assert all(torch.equal(after[name], before[name]) for name in before)
    assert system.generate("Who is Biscuit?").token_ids
    assert not any(parameter.requires_grad for parameter in models.base.parameters())


def test_the_setting_holds_from_the_start(open_life):
    system = open_life("quantization", plugins__quantization__mode="int8")
    system.generate("My dog is called Biscuit.")
    assert system.plugins.get("quantization").on_status().rows["base"] == "int8"


@pytest.mark.parametrize("mode", ["int8", "int4"])
def test_training_goes_on_through_a_quantized_base(open_life, mode):
    import torch

    system = open_life("quantization", plugins__quantization__mode=mode)
    system.generate("My dog is called Biscuit.")
    models = system.models()
    ids = torch.tensor([[5, 6, 7, 8]])
    embedded = models.base.get_input_embeddings()(ids).detach().requires_grad_(True)
    models.base(inputs_embeds=embedded, labels=ids).loss.backward()
    assert embedded.grad.abs().sum() > 0
