"""The plugin against a life with a tiny model: loading, changing in place, failing, telling."""

from __future__ import annotations

import subprocess
import sys

import pytest
import torch

from sovl_core.error_handling import BadInput, SOVLError
from sovl_core.events import ModelRequest
from sovl_quantization.modes import MODES


def command(plugin, name):
    return {entry.name: entry for entry in plugin.on_commands()}[name]


def test_the_scaffold_is_loaded_as_the_kernel_says(plugin, life):
    life.context.settings.mode = "int8"
    request = ModelRequest("scaffold", "x", {"dtype": torch.float32})
    plugin.on_load_model(request)
    assert request.arguments == {"dtype": torch.float32}


@pytest.mark.parametrize("mode", sorted(MODES))
def test_the_setting_decides_how_the_base_is_loaded(plugin, life, mode):
    life.context.settings.mode = mode
    life.load()
    assert plugin.on_status().rows["base"] == mode


@pytest.mark.parametrize("mode", ["int8", "int4", "fp16", "bf16"])
def test_a_command_reloads_in_place_and_compares(plugin, life, mode):
    life.load()
    text = command(plugin, mode).run([], {"tokens": 2})
    assert life.loads == 2
    assert plugin.on_status().rows["base"] == mode
    assert "fp32" in text
    assert mode in text
    assert "times the memory" in text
    assert f"config set plugins.quantization.mode {mode}" in text


def test_the_same_precision_is_not_loaded_twice(plugin, life):
    life.load()
    text = command(plugin, "fp32").run([], {"tokens": 2})
    assert life.loads == 1
    assert life.context.settings.mode == "fp32"
    assert "times" not in text


def test_models_that_are_not_loaded_yet_are_loaded_to_be_compared_with(plugin, life):
    text = command(plugin, "int8").run([], {"tokens": 2})
    assert life.loads == 2
    assert text.splitlines()[0].split() == ["before", "now"]
    assert text.splitlines()[1].split() == ["precision", "fp32", "int8"]
    assert "times the speed" in text


def test_without_comparison_nothing_is_loaded_only_to_be_compared_with(plugin, life):
    text = command(plugin, "int8").run([], {"tokens": 2, "compare": False})
    assert life.loads == 1
    assert "before" not in text
    # What is in memory anyway is compared with all the same.
    assert "before" in command(plugin, "fp32").run([], {"tokens": 2, "compare": False})


def test_too_large_in_the_old_precision_it_is_loaded_in_the_new_one(plugin, life, mocker):
    load = life.load

    def too_large():
        if life.context.settings.mode == "auto":
            raise MemoryError("513 MiB are too many")
        return load()

    life.context.models = too_large
    text = command(plugin, "int8").run([], {"tokens": 2})
    assert text.startswith("Before it could not be measured: 513 MiB are too many")
    assert plugin.on_status().rows["base"] == "int8"


def test_measuring_nothing(plugin, life):
    text = command(plugin, "int8").run([], {"tokens": 0})
    assert text.startswith("The base is loaded in int8")
    assert "speed" not in plugin.on_status().rows


def test_a_failed_load_puts_the_setting_back(plugin, life):
    life.load()
    life.failure = RuntimeError("no memory")
    with pytest.raises(SOVLError, match=r"cannot be loaded in int4: no memory.*auto again"):
        command(plugin, "int4").run([], {})
    life.failure = None
    assert life.context.settings.mode == "auto"
    life.load()
    assert plugin.on_status().rows["base"] == "fp32"


def test_an_unknown_mode_is_refused_before_anything_is_unloaded(plugin, life):
    life.load()
    with pytest.raises(BadInput):
        plugin.set_quantization_mode("int3")
    assert life.loads == 1


def test_status_before_loading_loads_nothing(plugin, life):
    assert plugin.on_status().rows == {"setting": "auto", "base": "not loaded"}
    assert life.loads == 0


def test_ordering_is_by_capability(plugin):
    assert plugin.provides == ("model.precision",)
    assert plugin.before == ("model.cross_attention",)


def test_importing_the_plugin_imports_no_torch():
    code = (
        "import sys, sovl_quantization; "
        "sys.exit(any(name in sys.modules for name in ('torch', 'transformers', 'bitsandbytes')))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
