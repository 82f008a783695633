from __future__ import annotations

import contextlib
import json
import sys
import warnings
from types import SimpleNamespace

import pytest
import torch

from sovl_core import pretrained
from sovl_core.error_handling import ConfigError, ModelNotFound, SOVLError


@pytest.fixture
def config():
    return SimpleNamespace(core=SimpleNamespace(device="cpu", precision="float32", trust_remote_code=False))


@pytest.fixture
def folder(tiny_model, tiny_tokenizer, tmp_path):
    tiny_model("llama", vocab_size=32, tie_word_embeddings=True).save_pretrained(tmp_path)
    tiny_tokenizer("hello").save_pretrained(tmp_path)
    return tmp_path


def load(folder, config, **more):
    return pretrained.load_causal_lm(str(folder), "base", config, **more)


# -- device and precision ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("version", "name"),
    [("4.46.3", "torch_dtype"), ("4.55.4", "torch_dtype"), ("4.56.0", "dtype"), ("5.23.0.dev0", "dtype")],
)
def test_the_name_of_the_precision_follows_the_version(mocker, version, name):
    mocker.patch("transformers.__version__", version)
    assert pretrained.dtype_argument(torch.float32) == {name: torch.float32}


@pytest.mark.parametrize(
    ("cuda", "mps", "expected"),
    [(True, True, "cuda"), (True, False, "cuda"), (False, True, "mps"), (False, False, "cpu")],
)
def test_auto_takes_the_best_device_there_is(mocker, cuda, mps, expected):
    mocker.patch("torch.cuda.is_available", return_value=cuda)
    mocker.patch("torch.backends.mps.is_available", return_value=mps)
    assert pretrained.resolve_device("auto").type == expected


def test_a_device_that_is_not_there_is_refused(mocker):
    mocker.patch("torch.cuda.is_available", return_value=False)
    with pytest.raises(ConfigError, match=r"core\.device: this machine has no 'cuda:1'"):
        pretrained.resolve_device("cuda:1")
    with pytest.raises(ConfigError, match="PyTorch knows no device 'gpu'"):
        pretrained.resolve_device("gpu")
    assert pretrained.resolve_device("cpu").type == "cpu"


@pytest.mark.parametrize(("capable", "expected"), [(True, torch.bfloat16), (False, torch.float16)])
def test_auto_precision_on_a_gpu(mocker, capable, expected):
    mocker.patch("torch.cuda.is_bf16_supported", return_value=capable)
    assert pretrained.resolve_dtype("auto", torch.device("cuda")) is expected


def test_precision_by_name():
    cpu = torch.device("cpu")
    assert pretrained.resolve_dtype("auto", cpu) is torch.float32
    assert pretrained.resolve_dtype("float16", cpu) is torch.float16
    with pytest.raises(ConfigError, match=r"core\.precision: 'float64' is unknown"):
        pretrained.resolve_dtype("float64", cpu)


# -- quiet ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("bars", [True, False])
@pytest.mark.parametrize("hub_bars", [True, False])
def test_quiet_leaves_everything_as_it_was(bars, hub_bars, monkeypatch):
    from huggingface_hub import utils as hub
    from transformers.utils import logging

    monkeypatch.setattr(logging, "_tqdm_active", bars)
    was_disabled, verbosity, filters = hub.are_progress_bars_disabled(), logging.get_verbosity(), list(warnings.filters)
    (hub.enable_progress_bars if hub_bars else hub.disable_progress_bars)()
    try:
        with contextlib.suppress(ZeroDivisionError), pretrained.quiet_transformers():
            assert not logging.is_progress_bar_enabled()
            assert hub.are_progress_bars_disabled()
            assert logging.get_verbosity() == logging.ERROR
            raise ZeroDivisionError
        assert logging.is_progress_bar_enabled() is bars
        assert hub.are_progress_bars_disabled() is not hub_bars
        assert logging.get_verbosity() == verbosity
        assert warnings.filters == filters
    finally:
        (hub.disable_progress_bars if was_disabled else hub.enable_progress_bars)()


def test_loading_prints_nothing(folder, config, capfd):
    load(folder, config)
    pretrained.load_tokenizer(str(folder))
    assert capfd.readouterr() == ("", "")


# -- models -----------------------------------------------------------------------------------------------------------


def test_a_model_comes_back_as_it_was_saved(folder, config, tiny_model):
    model = load(folder, config)
    expected = tiny_model("llama", vocab_size=32, tie_word_embeddings=True).state_dict()
    assert all(torch.equal(tensor, expected[name]) for name, tensor in model.state_dict().items())
    assert not model.training


def test_a_hook_sees_and_changes_the_arguments(folder, config, mocker):
    seen = {}

    def on_load_model(request):
        seen.update(request.arguments, role=request.role)
        # The older name, as a plugin written for transformers 4 may use.
        request.arguments["torch_dtype"] = torch.float16

    model = load(folder, config, hooks=mocker.Mock(on_load_model=on_load_model))
    assert seen["role"] == "base"
    assert seen["dtype"] is torch.float32
    assert seen["trust_remote_code"] is False
    assert seen["use_safetensors"] is True
    assert {p.dtype for p in model.parameters()} == {torch.float16}


def test_quantized_models_are_placed_while_they_are_read():
    arguments = pretrained._arguments({"quantization_config": object(), "dtype": None}, torch.device("cuda"))
    assert arguments["device_map"] == {"": "cuda"}
    assert "device_map" not in pretrained._arguments({"dtype": None}, torch.device("cuda"))


def test_weights_that_lack_parameters_are_refused_not_made_up(folder, config):
    from safetensors.torch import load_file, save_file

    tensors = load_file(folder / "model.safetensors")
    del tensors["model.layers.1.mlp.up_proj.weight"]
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(ModelNotFound, match=r"lack 1 of the model's parameters \(model\.layers\.1\.mlp\.up_proj"):
        load(folder, config)


def test_truncated_weights_are_refused_by_name(folder, config):
    data = (folder / "model.safetensors").read_bytes()
    (folder / "model.safetensors").write_bytes(data[: len(data) // 2])
    with pytest.raises(ModelNotFound, match=f"{folder} cannot be loaded as the base"):
        load(folder, config)


def test_weights_of_other_sizes_are_refused_in_words(folder, config):
    settings = json.loads((folder / "config.json").read_text())
    settings["intermediate_size"] *= 2
    (folder / "config.json").write_text(json.dumps(settings))
    with pytest.raises(ModelNotFound, match=r"its weights are of other sizes than its config.json says"):
        load(folder, config)


def test_pickled_weights_are_never_opened(folder, config, tmp_path):
    (folder / "model.safetensors").unlink()
    torch.save({}, folder / "pytorch_model.bin")
    with pytest.raises(ModelNotFound, match="cannot be loaded as the base"):
        load(folder, config)


@pytest.fixture
def remote_code(folder):
    settings = json.loads((folder / "config.json").read_text())
    settings.update(model_type="strange", auto_map={"AutoConfig": "evil.Config", "AutoModelForCausalLM": "evil.Model"})
    (folder / "config.json").write_text(json.dumps(settings))
    (folder / "evil.py").write_text(f"open({str(folder / 'ran')!r}, 'w')\n")
    return folder


def test_code_beside_a_model_is_not_run_unless_allowed(remote_code, config):
    with pytest.raises(ModelNotFound, match=r"config set core\.trust_remote_code true"):
        load(remote_code, config)
    assert not (remote_code / "ran").exists()


def test_code_beside_a_model_runs_when_allowed(remote_code, config, monkeypatch, tmp_path):
    monkeypatch.setattr("transformers.dynamic_module_utils.HF_MODULES_CACHE", str(tmp_path / "modules"))
    monkeypatch.setattr("sys.path", list(sys.path))
    config.core.trust_remote_code = True
    # The marker shows that it ran; it defines no model, so loading fails all the same.
    with pytest.raises(ModelNotFound):
        load(remote_code, config)
    assert (remote_code / "ran").exists()


@pytest.mark.parametrize("error", [MemoryError("no room"), torch.cuda.OutOfMemoryError("no room")])
def test_too_big_says_what_to_do(folder, config, mocker, error):
    mocker.patch("transformers.AutoModelForCausalLM.from_pretrained", side_effect=error)
    with pytest.raises(SOVLError, match=r"does not fit in memory as the base: .*no room.*smaller model") as raised:
        load(folder, config)
    assert not isinstance(raised.value, ModelNotFound)


def test_quantized_is_recognised_by_flag_or_by_integer_weights(tiny_model):
    model = tiny_model()
    assert not pretrained.is_quantized(model)
    model.register_parameter("packed", torch.nn.Parameter(torch.zeros(2, dtype=torch.uint8), requires_grad=False))
    assert pretrained.is_quantized(model)
    assert pretrained.is_quantized(SimpleNamespace(is_quantized=True, parameters=list))


# -- tokenizers -------------------------------------------------------------------------------------------------------


def test_a_tokenizer_without_padding_pads_with_its_end(tiny_tokenizer, tmp_path):
    tokenizer = tiny_tokenizer("hello")
    tokenizer.pad_token = None
    tokenizer.save_pretrained(tmp_path)
    loaded = pretrained.load_tokenizer(str(tmp_path))
    assert loaded.pad_token == loaded.eos_token == "</s>"


def test_a_tokenizer_keeps_its_own_padding(folder):
    assert pretrained.load_tokenizer(str(folder)).pad_token == "<pad>"


def test_a_folder_without_tokenizer_is_named(tmp_path):
    with pytest.raises(ModelNotFound, match=f"{tmp_path}: its tokenizer cannot be read"):
        pretrained.load_tokenizer(str(tmp_path))
