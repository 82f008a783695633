from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from sovl_core import model_layers
from sovl_core.error_handling import ModelNotFound

EXPECTED_LINEARS = {
    "gpt2": ["c_attn", "c_fc", "c_proj"],
    "gpt_neox": ["dense", "dense_4h_to_h", "dense_h_to_4h", "query_key_value"],
    "opt": ["fc1", "fc2", "k_proj", "out_proj", "q_proj", "v_proj"],
    "phi": ["dense", "fc1", "fc2", "k_proj", "q_proj", "v_proj"],
    "phi3": ["down_proj", "gate_up_proj", "o_proj", "qkv_proj"],
}
LLAMA_LINEARS = ["down_proj", "gate_proj", "k_proj", "o_proj", "q_proj", "up_proj", "v_proj"]

TOKENS = torch.tensor([[5, 6, 7, 8]])


def with_lora(model):
    from peft import LoraConfig, get_peft_model

    return get_peft_model(
        model, LoraConfig(r=2, target_modules=model_layers.linear_names(model), task_type="CAUSAL_LM")
    )


def test_layers_sizes_and_linears_of_each_family(family, tiny_model):
    model = tiny_model(family)
    layers = model_layers.decoder_layers(model)
    assert len(layers) == 4
    assert model_layers.hidden_size(model) == 32
    assert model_layers.num_heads(model) == 4
    assert model_layers.vocab_size(model) == model(TOKENS).logits.shape[-1] == 96
    assert model_layers.max_positions(model) == 64
    assert model_layers.linear_names(model) == EXPECTED_LINEARS.get(family, LLAMA_LINEARS)


def test_output_size_is_the_width_of_the_last_hidden_state(family, tiny_model):
    model = tiny_model(family)
    output = model_layers.decoder(model)(input_ids=TOKENS, use_cache=False).last_hidden_state
    assert output.shape[-1] == model_layers.output_size(model)


def test_layers_run_bottom_first(family, tiny_model):
    model = tiny_model(family)
    seen = []
    for index, layer in enumerate(model_layers.decoder_layers(model)):
        layer.register_forward_hook(lambda module, args, output, index=index: seen.append(index))
    model(TOKENS)
    assert seen == [0, 1, 2, 3]


@pytest.mark.parametrize("layer", [0, 2, 3])
def test_a_hook_that_replaces_a_layers_output_changes_the_logits(family, layer, tiny_model):
    model = tiny_model(family)
    with torch.no_grad():
        plain = model(TOKENS).logits
        widths = []

        def shift(module, args, output):
            hidden = model_layers.layer_output(output)
            widths.append(tuple(hidden.shape))
            # Random, for a constant shift is undone by a layer norm.
            return model_layers.replace_layer_output(output, hidden + torch.randn(hidden.shape))

        handle = model_layers.decoder_layers(model)[layer].register_forward_hook(shift)
        changed = model(TOKENS).logits
        handle.remove()
        again = model(TOKENS).logits
    assert widths == [(1, 4, 32)]
    assert not torch.allclose(plain, changed, atol=1e-4)
    assert torch.equal(plain, again)


def test_lora_on_top_hides_nothing(family, tiny_model):
    model = tiny_model(family)
    names = model_layers.linear_names(model)
    layers = model_layers.decoder_layers(model)
    wrapped = with_lora(model)
    assert model_layers.unwrap(wrapped) is model
    assert model_layers.decoder_layers(wrapped) == layers
    assert model_layers.linear_names(wrapped) == names
    assert model_layers.hidden_size(wrapped) == 32


def test_a_bare_decoder_is_as_good_as_a_causal_lm(tiny_model):
    model = tiny_model("gpt2")
    assert model_layers.decoder_layers(model.transformer) == model_layers.decoder_layers(model)


def test_expert_routers_are_left_alone(tiny_model):
    model = tiny_model("llama")
    model.model.layers[0].mlp.gate = torch.nn.Linear(32, 2)
    assert "gate" not in model_layers.linear_names(model)


def test_an_unknown_family_is_told_what_was_looked_for():
    class Strange(torch.nn.Module):
        config = type("StrangeConfig", (), {})()

    with pytest.raises(ModelNotFound, match=r"Strange is of no known family.*Strange\.layers.*Strange\.h"):
        model_layers.decoder_layers(Strange())
    with pytest.raises(ModelNotFound, match="StrangeConfig has no 'num_attention_heads'"):
        model_layers.num_heads(Strange())


def test_layers_without_linears_are_refused():
    class Empty(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.layers = torch.nn.ModuleList([torch.nn.LayerNorm(4)])

    with pytest.raises(ModelNotFound, match="no linear layers"):
        model_layers.linear_names(Empty())


@given(st.lists(st.integers(), max_size=3), st.booleans())
def test_replacing_keeps_form_and_the_rest(rest, as_list):
    old, new = torch.zeros(1, 2, 3), torch.ones(1, 2, 3)
    output = [old, *rest] if as_list else (old, *rest)
    replaced = model_layers.replace_layer_output(output, new)
    assert type(replaced) is type(output)
    assert replaced[0] is new
    assert list(replaced[1:]) == rest
    assert model_layers.layer_output(replaced) is new


def test_a_tensor_stays_a_tensor():
    old, new = torch.zeros(1, 2, 3), torch.ones(1, 2, 3)
    assert model_layers.layer_output(old) is old
    assert model_layers.replace_layer_output(old, new) is new


@pytest.mark.parametrize("output", [None, (), ("text",), {"hidden": 1}])
def test_anything_else_is_refused(output):
    with pytest.raises(TypeError, match="not a tensor or a tuple"):
        model_layers.layer_output(output)
