from __future__ import annotations

import pytest
import torch

from sovl_core.error_handling import SOVLError
from sovl_core.shared_layers import first_layers_config, shared_layers

TOKENS = torch.tensor([[5, 6, 7]])


def test_every_parameter_is_the_bases_own_and_every_buffer_a_copy(family, tiny_model):
    base = tiny_model(family)
    model = shared_layers(base, 3)
    originals = dict(base.named_parameters())
    assert dict(model.named_parameters())
    assert all(p is originals[name] for name, p in model.named_parameters())
    buffers = dict(base.named_buffers())
    for name, buffer in model.named_buffers():
        assert torch.equal(buffer, buffers[name])
        assert buffer.data_ptr() != buffers[name].data_ptr()
    assert not any(t.is_meta for t in model.state_dict().values())
    assert not model.training


def test_it_computes_and_decodes_with_a_cache(family, tiny_model):
    model = shared_layers(tiny_model(family), 2)
    with torch.no_grad():
        tokens = model.generate(TOKENS, max_new_tokens=4, min_new_tokens=4, do_sample=False)
        logits = model(tokens[:, :-1]).logits[:, 2:]
    # Greedy decoding with the cache picks what one pass without it finds most likely.
    logits[..., 2] = float("-inf")
    assert tokens[0, 3:].tolist() == logits.argmax(-1)[0].tolist()


def test_the_precision_of_the_base_is_kept(tiny_model):
    base = tiny_model().to(torch.bfloat16)
    assert {p.dtype for p in shared_layers(base, 1).parameters()} == {torch.bfloat16}


def test_weights_stay_tied(tiny_model):
    model = shared_layers(tiny_model("gpt2"), 2)
    assert model.lm_head.weight is model.transformer.wte.weight


def test_tensors_that_are_no_buffers_are_copied_too(tiny_model):
    base = tiny_model()
    base_class = type(base)

    class WithTensor(base_class):
        def __init__(self, config):
            super().__init__(config)
            self.table = torch.arange(4.0)

    base = WithTensor(base.config)
    model = shared_layers(base, 2)
    assert model.table.tolist() == [0.0, 1.0, 2.0, 3.0]


def test_a_base_with_a_replaced_module_is_refused_by_name(tiny_model):
    base = tiny_model()
    base.model.layers[1].mlp = torch.nn.Identity()
    with pytest.raises(SOVLError, match=r"model\.layers\.1\.mlp it has Identity, not LlamaMLP"):
        shared_layers(base)


def test_one_entry_a_layer_is_cut_with_the_layers(tiny_model):
    config = tiny_model("gemma2").config
    cut = first_layers_config(config, 3)
    assert cut.num_hidden_layers == 3
    assert config.num_hidden_layers == 4
    if getattr(config, "layer_types", None) is not None:
        assert cut.layer_types == config.layer_types[:3]
        assert len(config.layer_types) == 4


def test_quantization_is_taken_off_the_configuration(tiny_model):
    config = tiny_model().config
    config.quantization_config = {"load_in_8bit": True}
    assert getattr(first_layers_config(config, 2), "quantization_config", None) is None
    assert config.quantization_config == {"load_in_8bit": True}
