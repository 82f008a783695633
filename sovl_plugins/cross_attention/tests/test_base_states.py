from __future__ import annotations

import pytest
import torch

from sovl_core.model_layers import decoder_layers
from sovl_cross_attention.base_states import base_states, unit_rms


@pytest.mark.parametrize("family", ["llama", "gpt2"])
def test_states_are_the_bases_own_and_no_layer_above_is_computed(build, listen, family):
    models = build(family)
    ids = torch.tensor([models.base_tokenizer.encode("what was told")])
    mask = torch.ones_like(ids)
    with torch.no_grad():
        expected = models.base(input_ids=ids, output_hidden_states=True).hidden_states
    listen(models)
    ran = []
    layers = decoder_layers(models.base)
    for number, layer in enumerate(layers):
        layer.register_forward_hook(lambda module, args, output, number=number: ran.append(number))
    hooks = [len(layer._forward_hooks) for layer in layers]
    lower, upper, again = base_states(models, ids, mask, (0, 2, 0))
    assert torch.equal(lower, expected[1])
    assert torch.equal(upper, expected[3])
    assert torch.equal(again, lower)
    assert 3 not in ran
    assert [len(layer._forward_hooks) for layer in layers] == hooks


def test_of_unit_root_mean_square():
    states = unit_rms(torch.tensor([[3.0, -4.0], [0.0, 0.0]]))
    assert states[0].pow(2).mean() == pytest.approx(1.0)
    assert states[1].tolist() == [0.0, 0.0]
