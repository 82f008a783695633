from __future__ import annotations

from types import SimpleNamespace

import pytest
import torch

from sovl_core.error_handling import ConfigError, ModelNotFound
from sovl_core.model_loader import load_models
from sovl_core.plugin_blame import kernels_own, never_blamed
from sovl_core.system_logging import ThreadSafeLogger


@pytest.fixture
def folder(tiny_model, tiny_tokenizer, tmp_path):
    tiny_model("llama", vocab_size=32).save_pretrained(tmp_path / "tiny")
    tiny_tokenizer("hello", "world").save_pretrained(tmp_path / "tiny")
    return tmp_path / "tiny"


@pytest.fixture
def config():
    return SimpleNamespace(
        core=SimpleNamespace(
            base_model="tiny/llama",
            scaffold_model="base[:2]",
            device="cpu",
            precision="auto",
            trust_remote_code=False,
            seed=1,
            threads=0,
        ),
        lora=SimpleNamespace(enabled=True, rank=2, alpha=4, dropout=0.0, target_modules=[]),
    )


@pytest.fixture
def store(mocker, folder):
    return mocker.Mock(locate=mocker.Mock(return_value=folder))


def test_the_base_comes_frozen_with_its_tokenizer_and_place(config, mocker, store, folder):
    hooks, logger = mocker.Mock(), ThreadSafeLogger(None)
    models = load_models(config, hooks, store, logger)
    store.locate.assert_called_once_with("tiny/llama")
    assert models.base_path == str(folder)
    assert models.base_tokenizer.encode("hello world") == [4, 5]
    assert not any(p.requires_grad for p in models.base.parameters())
    assert not models.base.training
    assert {p.dtype for p in models.base.parameters()} == {torch.float32}
    (request,) = hooks.on_load_model.call_args.args
    assert (request.role, request.path) == ("base", str(folder))
    (entry,) = logger.read()
    assert (entry["event"], entry["role"]) == ("model_loaded", "base")


def test_the_scaffold_waits_until_it_is_asked_for(config, mocker, store):
    models = load_models(config, mocker.Mock(kernels_own=kernels_own), store)
    assert models.has_scaffold
    assert not models.scaffold_loaded
    assert models.scaffold.num_parameters() > 0
    assert models.scaffold_tokenizer is models.base_tokenizer
    assert "scaffold" in models.trainables
    assert models.trainable_parameters() == sum(p.numel() for p in models.scaffold.parameters() if p.requires_grad)


def test_none_means_no_scaffold(config, mocker, store):
    config.core.scaffold_model = "none"
    models = load_models(config, mocker.Mock(kernels_own=kernels_own), store)
    assert not models.has_scaffold
    with pytest.raises(RuntimeError, match="no scaffold"):
        _ = models.scaffold


def test_a_scaffold_of_another_model_is_asked_about_too(config, mocker, store, folder, tiny_model, tiny_tokenizer):
    other = folder.parent / "other"
    tiny_model("gpt2", n_embd=24, vocab_size=32).save_pretrained(other)
    tiny_tokenizer("world", "hello").save_pretrained(other)
    store.locate.side_effect = {"tiny/llama": folder, "tiny/gpt2": other}.__getitem__
    config.core.scaffold_model = "tiny/gpt2"
    hooks = mocker.Mock(kernels_own=kernels_own)
    models = load_models(config, hooks, store)
    assert models.scaffold_tokenizer.encode("hello") == [5]
    assert [call.args[0].role for call in hooks.on_load_model.call_args_list] == ["base", "scaffold"]


def test_a_scaffold_that_is_not_found_is_the_settings_fault_and_no_plugins(config, mocker, store, folder):
    def locate(name):
        if name == "tiny/llama":
            return folder
        raise ModelNotFound(f"Model {name!r} was not found", "Name another: sovl config set core.base_model PATH")

    store.locate.side_effect = locate
    config.core.scaffold_model = "tiny/nothing"
    models = load_models(config, mocker.Mock(kernels_own=kernels_own), store)
    with pytest.raises(ModelNotFound, match=r"core\.scaffold_model: .*not found.*set core\.scaffold_model") as caught:
        _ = models.scaffold
    assert never_blamed(caught.value)


def test_a_hook_decides_the_precision(config, mocker, store):
    def half(request):
        request.arguments["dtype"] = torch.bfloat16

    models = load_models(config, mocker.Mock(on_load_model=half), store)
    assert {p.dtype for p in models.base.parameters()} == {torch.bfloat16}


def test_a_scaffold_nobody_understands_is_refused_before_anything_is_fetched(config, mocker, store):
    config.core.scaffold_model = "base[2:]"
    with pytest.raises(ConfigError, match=r"core\.scaffold_model"):
        load_models(config, mocker.Mock(kernels_own=kernels_own), store)
    store.locate.assert_not_called()


def test_too_many_layers_are_refused_at_once_not_at_the_first_turn(config, mocker, store):
    config.core.scaffold_model = "base[:9]"
    with pytest.raises(ConfigError, match="the base has 4"):
        load_models(config, mocker.Mock(kernels_own=kernels_own), store)


def test_a_model_that_is_nowhere_says_so(config, mocker, store):
    store.locate.side_effect = ModelNotFound("nowhere")
    with pytest.raises(ModelNotFound, match="nowhere"):
        load_models(config, mocker.Mock(kernels_own=kernels_own), store)


def test_threads_are_set_only_when_asked_for(config, mocker, store):
    setter = mocker.patch("torch.set_num_threads")
    load_models(config, mocker.Mock(kernels_own=kernels_own), store)
    setter.assert_not_called()
    config.core.threads = 3
    load_models(config, mocker.Mock(kernels_own=kernels_own), store)
    setter.assert_called_once_with(3)
