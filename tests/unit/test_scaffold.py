from __future__ import annotations

import copy
from types import SimpleNamespace

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from sovl_core import model_layers
from sovl_core.error_handling import BadInput, ConfigError
from sovl_core.models import Models
from sovl_core.scaffold import (
    ScaffoldSpec,
    build_scaffold,
    parse_scaffold_spec,
    scaffold_hidden_states,
    scaffold_layer_states,
)

TOKENS = torch.tensor([[5, 6, 7, 8, 9]])
ALL = torch.ones_like(TOKENS)


@pytest.fixture
def config():
    return SimpleNamespace(
        core=SimpleNamespace(device="cpu", precision="float32", trust_remote_code=False, seed=42),
        lora=SimpleNamespace(enabled=True, rank=4, alpha=8, dropout=0.0, target_modules=[]),
    )


def models_of(base, tokenizer="the base's tokenizer", path=""):
    return Models(base, tokenizer, base_path=path)


def parameters_of(module):
    return {name: p for name, p in module.named_parameters() if "lora_" not in name}


def train_lora(scaffold, steps=3):
    parameters = [p for p in scaffold.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(parameters, lr=0.05)
    for _ in range(steps):
        optimizer.zero_grad()
        states = scaffold_hidden_states(scaffold, TOKENS, ALL)
        (states - 1).pow(2).mean().backward()
        optimizer.step()
    return parameters


# -- specifications ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("base[:10]", ScaffoldSpec("shared", 10)),
        ("base[:2/3]", ScaffoldSpec("shared", 2, parts=3)),
        (" base ", ScaffoldSpec("shared")),
        ("none", ScaffoldSpec("none")),
        ("None", ScaffoldSpec("none")),
        ("", ScaffoldSpec("none")),
        ("./base", ScaffoldSpec("model", model="./base")),
        ("owner/base", ScaffoldSpec("model", model="owner/base")),
        ("model.gguf", ScaffoldSpec("model", model="model.gguf")),
    ],
)
def test_specifications(text, expected):
    assert parse_scaffold_spec(text) == expected


@pytest.mark.parametrize("text", ["base[:0]", "base[10]", "base[:-3]", "base[2:]", "base[:x]", "base [:4]"])
def test_specifications_that_mean_nothing_are_refused_with_what_works(text):
    with pytest.raises(ConfigError, match=r"core\.scaffold_model") as raised:
        parse_scaffold_spec(text)
    assert "base[:10]" in str(raised.value)


@given(st.integers(min_value=1, max_value=10_000))
def test_every_number_of_layers_is_read_back(layers):
    assert parse_scaffold_spec(f"base[:{layers}]") == ScaffoldSpec("shared", layers)


def test_more_layers_than_there_are_is_refused(tiny_model, config):
    with pytest.raises(ConfigError, match=r"asks for 5 layers, the base has 4.*K from 1 to 4"):
        build_scaffold("base[:5]", models_of(tiny_model()), config)


def test_none_builds_nothing(tiny_model, config):
    with pytest.raises(BadInput, match="no scaffold is configured"):
        build_scaffold("none", models_of(tiny_model()), config)


# -- the base's own layers --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("layers", [2, 4])
def test_a_shared_scaffold_is_the_bases_own_memory(family, layers, tiny_model, config):
    base = tiny_model(family)
    scaffold, tokenizer = build_scaffold(f"base[:{layers}]", models_of(base), config)
    inner = model_layers.unwrap(scaffold)
    assert len(model_layers.decoder_layers(scaffold)) == layers
    assert tokenizer == "the base's tokenizer"
    base_pointers = {p.data_ptr() for p in base.parameters()}
    shared = parameters_of(inner)
    assert shared
    assert {p.data_ptr() for p in shared.values()} <= base_pointers
    own = {id(p) for p in base.parameters()}
    assert all(id(p) in own for p in shared.values())
    assert inner.get_output_embeddings().weight.data_ptr() == base.get_output_embeddings().weight.data_ptr()


def test_only_lora_learns_and_in_float32(family, tiny_model, config):
    base = tiny_model(family).to(torch.bfloat16)
    scaffold, _ = build_scaffold("base[:2]", models_of(base), config)
    learning = {name: p for name, p in scaffold.named_parameters() if p.requires_grad}
    # Two matrices for each linear layer of each decoder layer.
    linears = len([m for m in scaffold.modules() if hasattr(m, "lora_A")])
    assert linears >= 2 * len(model_layers.linear_names(base))
    assert len(learning) == 2 * linears
    assert all("lora_" in name and p.dtype == torch.float32 for name, p in learning.items())
    assert {p.dtype for p in base.parameters()} == {torch.bfloat16}
    assert scaffold_hidden_states(scaffold, TOKENS, ALL).dtype == torch.bfloat16


def test_the_base_computes_the_same_bits_before_beside_and_after_training(family, tiny_model, config):
    base = tiny_model(family)
    models = models_of(base)
    weights = {name: p.detach().clone() for name, p in base.named_parameters()}
    names = [name for name, _ in base.named_modules()]
    with torch.no_grad():
        before = base(TOKENS).logits
    scaffold, _ = build_scaffold("base[:2]", models, config)
    with torch.no_grad():
        beside = base(TOKENS).logits
    reading = scaffold_hidden_states(scaffold, TOKENS, ALL).detach()
    learned = train_lora(scaffold)
    with torch.no_grad():
        after = base(TOKENS).logits
    assert torch.equal(before, beside)
    assert torch.equal(before, after)
    assert all(torch.equal(p, weights[name]) for name, p in base.named_parameters())
    assert all(p.grad is None and not p.requires_grad for p in base.parameters())
    assert [name for name, _ in base.named_modules()] == names
    assert all(p.grad is not None for p in learned)
    assert not torch.allclose(reading, scaffold_hidden_states(scaffold, TOKENS, ALL), atol=1e-3)


def test_untrained_it_computes_what_the_bases_first_layers_do(family, tiny_model, config):
    base = tiny_model(family)
    models = models_of(base)
    with torch.no_grad():
        reached = []
        handle = model_layers.decoder_layers(base)[1].register_forward_hook(
            lambda module, args, output: reached.append(model_layers.layer_output(output))
        )
        base(TOKENS)
        handle.remove()
        scaffold, _ = build_scaffold("base[:2]", models, config)
        (states,) = scaffold_layer_states(scaffold, TOKENS, ALL, [1])
    assert torch.equal(states, reached[0])


def test_all_layers_give_the_bases_own_hidden_states(family, tiny_model, config):
    base = tiny_model(family)
    models = models_of(base)
    scaffold, _ = build_scaffold("base", models, config)
    with torch.no_grad():
        assert torch.equal(scaffold_hidden_states(scaffold, TOKENS, ALL), models.hidden_states(TOKENS, ALL))
        assert torch.equal(scaffold(input_ids=TOKENS).logits, base(TOKENS).logits)


def test_hooks_on_the_base_do_not_reach_the_scaffold(tiny_model, config):
    base = tiny_model()
    calls = []
    model_layers.decoder_layers(base)[0].register_forward_hook(lambda *args: calls.append(1))
    scaffold, _ = build_scaffold("base[:2]", models_of(base), config)
    scaffold_hidden_states(scaffold, TOKENS, ALL)
    assert not calls


def test_building_draws_no_random_numbers_and_starts_alike_each_time(tiny_model, config):
    base = tiny_model()
    torch.manual_seed(7)
    expected = torch.rand(3)
    torch.manual_seed(7)
    first, _ = build_scaffold("base[:2]", models_of(base), config)
    assert torch.equal(torch.rand(3), expected)
    second, _ = build_scaffold("base[:2]", models_of(base), config)
    config.core.seed = 43
    third, _ = build_scaffold("base[:2]", models_of(base), config)
    states = [{n: p for n, p in s.named_parameters() if "lora_A" in n} for s in (first, second, third)]
    assert all(torch.equal(p, states[1][n]) for n, p in states[0].items())
    assert not any(torch.equal(p, states[2][n]) for n, p in states[0].items())


def test_the_bases_configuration_is_left_as_it_was(family, tiny_model, config):
    base = tiny_model(family)
    before = copy.deepcopy(base.config.to_dict())
    scaffold, _ = build_scaffold("base[:2]", models_of(base), config)
    assert base.config.to_dict() == before
    assert model_layers.unwrap(scaffold).config.num_hidden_layers == 2


def test_the_scaffold_generates_by_itself(family, tiny_model, config):
    scaffold, _ = build_scaffold("base[:2]", models_of(tiny_model(family)), config)
    tokens = scaffold.generate(
        input_ids=TOKENS, attention_mask=ALL, max_new_tokens=3, min_new_tokens=3, do_sample=False
    )
    assert tokens.shape == (1, 8)


def test_peft_alone_loads_the_adapter_onto_the_whole_base(tiny_model, config, tmp_path):
    from peft import PeftModel

    base = tiny_model()
    scaffold, _ = build_scaffold("base[:2]", models_of(base), config)
    train_lora(scaffold)
    scaffold.save_pretrained(tmp_path)
    loaded = PeftModel.from_pretrained(tiny_model(), tmp_path)
    with torch.no_grad():
        (expected,) = scaffold_layer_states(scaffold, TOKENS, ALL, [1])
        (actual,) = scaffold_layer_states(loaded, TOKENS, ALL, [1])
    assert torch.allclose(actual, expected, atol=1e-6)


def test_lora_layers_are_chosen_by_name(tiny_model, config):
    config.lora.target_modules = ["q_proj", "v_proj"]
    scaffold, _ = build_scaffold("base[:2]", models_of(tiny_model()), config)
    adapted = {
        name.split(".lora_A")[0].rsplit(".", 1)[1] for name, _ in scaffold.named_parameters() if "lora_A" in name
    }
    assert adapted == {"q_proj", "v_proj"}


def test_an_unknown_lora_layer_is_refused_with_the_nearest(tiny_model, config):
    config.lora.target_modules = ["q_porj"]
    with pytest.raises(ConfigError, match=r"no linear layer 'q_porj'; did you mean 'q_proj'\? Choose from down_proj"):
        build_scaffold("base[:2]", models_of(tiny_model()), config)


def test_a_quantized_bases_layers_are_read_again_in_full_precision(tiny_model, config, tmp_path, mocker):
    saved = tiny_model()
    saved.save_pretrained(tmp_path)
    base = tiny_model()
    base.is_quantized = True
    hooks = mocker.Mock()
    scaffold, _ = build_scaffold("base[:2]", models_of(base, path=str(tmp_path)), config, hooks=hooks)
    layers = model_layers.decoder_layers(scaffold)
    assert len(layers) == 2
    own = {p.data_ptr() for p in base.parameters()}
    assert not own & {p.data_ptr() for p in scaffold.parameters()}
    expected = saved.model.layers[1].mlp.up_proj.weight
    assert torch.equal(layers[1].mlp.up_proj.base_layer.weight, expected)
    # Nobody may quantize what must be in full precision.
    hooks.on_load_model.assert_not_called()


# -- another model ----------------------------------------------------------------------------------------------------


@pytest.fixture
def other_model(tiny_model, tiny_tokenizer, tmp_path):
    folder = tmp_path / "gpt2"
    tiny_model("gpt2", n_embd=24, n_layer=3, vocab_size=32).save_pretrained(folder)
    tiny_tokenizer("hello", "world").save_pretrained(folder)
    return folder


def test_another_model_brings_its_own_tokenizer_and_width(tiny_model, other_model, config, mocker):
    store = mocker.Mock()
    store.locate.return_value = other_model
    hooks = mocker.Mock()
    base = tiny_model("llama")
    with torch.no_grad():
        before = base(TOKENS).logits
    scaffold, tokenizer = build_scaffold("tiny/gpt2", models_of(base), config, store, hooks)
    store.locate.assert_called_once_with("tiny/gpt2")
    (request,) = hooks.on_load_model.call_args.args
    assert (request.role, request.path) == ("scaffold", str(other_model))
    assert tokenizer.encode("hello world") == [4, 5]
    assert model_layers.hidden_size(scaffold) == 24
    assert scaffold_hidden_states(scaffold, TOKENS, ALL).shape == (1, 5, 24)
    train_lora(scaffold)
    with torch.no_grad():
        assert torch.equal(base(TOKENS).logits, before)
    assert all(("lora_" in name) == p.requires_grad for name, p in scaffold.named_parameters())


def test_the_bases_own_folder_as_scaffold_shares_its_weights(tiny_model, config, mocker, tmp_path):
    store = mocker.Mock()
    store.locate.return_value = tmp_path
    base = tiny_model()
    models = models_of(base, path=str(tmp_path))
    scaffold, tokenizer = build_scaffold("same/model", models, config, store)
    assert {id(p) for p in parameters_of(scaffold).values()} <= {id(p) for p in base.parameters()}
    assert tokenizer is models.base_tokenizer


def test_another_model_needs_a_store(tiny_model, config):
    with pytest.raises(BadInput, match="no model store"):
        build_scaffold("tiny/gpt2", models_of(tiny_model()), config)


# -- reading ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("side", ["left", "right"])
def test_padding_changes_nothing_and_is_zero(family, side, tiny_model, config):
    scaffold, _ = build_scaffold("base[:2]", models_of(tiny_model(family)), config)
    padding, nothing = torch.zeros(1, 3, dtype=torch.long), torch.zeros(1, 3, dtype=torch.long)
    left = side == "left"
    ids = torch.cat([padding, TOKENS] if left else [TOKENS, padding], dim=1)
    mask = torch.cat([nothing, ALL] if left else [ALL, nothing], dim=1)
    with torch.no_grad():
        plain = scaffold_hidden_states(scaffold, TOKENS, ALL)
        padded = scaffold_hidden_states(scaffold, ids, mask.bool())
    words, rest = (padded[:, 3:], padded[:, :3]) if left else (padded[:, :5], padded[:, 5:])
    assert torch.allclose(words, plain, atol=1e-5)
    assert torch.equal(rest, torch.zeros_like(rest))


def test_longer_texts_are_read_in_windows(family, tiny_model, config):
    scaffold, _ = build_scaffold("base[:2]", models_of(tiny_model(family)), config)
    ids = torch.randint(3, 90, (2, 150))
    mask = torch.ones_like(ids)
    # The second text ends in the first window: its other windows are padding alone.
    mask[1, 10:] = 0
    states = scaffold_hidden_states(scaffold, ids, mask)
    assert states.shape == (2, 150, model_layers.output_size(scaffold))
    assert torch.isfinite(states).all()
    assert torch.equal(states[1, 10:], torch.zeros_like(states[1, 10:]))
    with torch.no_grad():
        second = scaffold_hidden_states(scaffold, ids[:1, 64:128], mask[:1, 64:128])
    assert torch.allclose(states[:1, 64:128], second, atol=1e-5)
    states.sum().backward()
    assert all(torch.isfinite(p.grad).all() for p in scaffold.parameters() if p.requires_grad)


def test_a_later_token_never_reaches_an_earlier_state(family, tiny_model, config):
    scaffold, _ = build_scaffold("base[:2]", models_of(tiny_model(family)), config)
    changed = TOKENS.clone()
    changed[0, -1] = 50
    with torch.no_grad():
        first = scaffold_hidden_states(scaffold, TOKENS, ALL)
        second = scaffold_hidden_states(scaffold, changed, ALL)
    assert torch.equal(first[:, :-1], second[:, :-1])
    assert not torch.allclose(first[:, -1], second[:, -1], atol=1e-3)


def test_states_of_layers_come_in_the_order_asked_for_and_leave_no_hook(tiny_model, config):
    scaffold, _ = build_scaffold("base[:3]", models_of(tiny_model()), config)
    top, bottom = scaffold_layer_states(scaffold, TOKENS, ALL, [-1, 0])
    again_bottom, again_top = scaffold_layer_states(scaffold, TOKENS, ALL, [0, 2])
    assert torch.equal(top, again_top)
    assert torch.equal(bottom, again_bottom)
    assert not torch.equal(top, bottom)
    assert not any(layer._forward_hooks for layer in model_layers.decoder_layers(scaffold))
    with pytest.raises(IndexError):
        scaffold_layer_states(scaffold, TOKENS, ALL, [3])


def test_without_adapters_nothing_of_it_learns(tiny_model, config):
    config.lora.enabled, config.lora.target_modules = False, ["no such layer"]
    base = tiny_model()
    models = models_of(base)
    scaffold, _ = build_scaffold("base", models, config)
    assert not any(parameter.requires_grad for parameter in scaffold.parameters())
    with torch.no_grad():
        assert torch.equal(scaffold_hidden_states(scaffold, TOKENS, ALL), models.hidden_states(TOKENS, ALL))


def test_the_adapter_can_be_switched_off(tiny_model, config):
    base = tiny_model()
    models = models_of(base)
    scaffold, _ = build_scaffold("base", models, config)
    train_lora(scaffold)
    with torch.no_grad(), scaffold.disable_adapter():
        assert torch.equal(scaffold_hidden_states(scaffold, TOKENS, ALL), models.hidden_states(TOKENS, ALL))


@pytest.mark.parametrize(("available", "layers"), [(30, 20), (16, 11), (12, 8), (2, 1), (1, 1)])
def test_a_share_of_the_base_is_counted_in_its_layers(available: int, layers: int) -> None:
    assert parse_scaffold_spec("base[:2/3]").count(available) == layers


def test_a_share_of_nothing_is_refused() -> None:
    with pytest.raises(ConfigError, match="no layers"):
        parse_scaffold_spec("base[:2/0]")
