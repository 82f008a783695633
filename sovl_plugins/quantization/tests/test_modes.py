"""Each mode as arguments of from_pretrained, and what is refused."""

from __future__ import annotations

import importlib.util

import pytest
import torch

from sovl_core.error_handling import BadInput, SOVLError
from sovl_quantization.modes import MODES, require_bitsandbytes, set_quantization_mode

DTYPES = {"fp32": torch.float32, "fp16": torch.float16, "bf16": torch.bfloat16}


@pytest.mark.parametrize("key", ["dtype", "torch_dtype"])
@pytest.mark.parametrize("mode", sorted(DTYPES))
def test_float_modes_set_the_dtype_and_nothing_else(mode, key):
    arguments = {key: torch.float64, "local_files_only": True, "quantization_config": object()}
    assert set_quantization_mode(mode, arguments) == {"dtype": DTYPES[mode], "local_files_only": True}


def test_auto_changes_nothing():
    arguments = {"dtype": torch.float64}
    assert set_quantization_mode("auto", arguments) == {"dtype": torch.float64}


def test_int8_asks_bitsandbytes_and_keeps_the_dtype():
    arguments = set_quantization_mode("int8", {"dtype": torch.bfloat16}, outlier_threshold=4.0)
    config = arguments["quantization_config"]
    assert config.load_in_8bit
    assert config.llm_int8_threshold == 4.0
    assert arguments["dtype"] == torch.bfloat16


def test_int4_is_nf4_computing_in_the_dtype_at_hand():
    config = set_quantization_mode("int4", {"torch_dtype": "bfloat16"}, skip_modules=["o_proj"])["quantization_config"]
    assert config.load_in_4bit
    assert (config.bnb_4bit_quant_type, config.bnb_4bit_use_double_quant) == ("nf4", True)
    assert config.bnb_4bit_compute_dtype == torch.bfloat16
    assert config.llm_int8_skip_modules == ["lm_head", "o_proj"]


def test_int4_without_a_dtype_computes_in_float32():
    config = set_quantization_mode("int4", {"dtype": "auto"}, int4_type="fp4")["quantization_config"]
    assert config.bnb_4bit_compute_dtype == torch.float32
    assert config.bnb_4bit_quant_type == "fp4"


def test_an_unknown_mode_names_the_known_ones():
    with pytest.raises(BadInput, match=r"'int3'.*fp32, fp16, bf16, int8, int4"):
        set_quantization_mode("int3", {})


def test_without_bitsandbytes_the_error_says_how_to_get_it(mocker):
    mocker.patch.object(importlib.util, "find_spec", return_value=None)
    with pytest.raises(SOVLError, match="pip install bitsandbytes"):
        require_bitsandbytes("int8")
    assert set_quantization_mode("fp16", {})["dtype"] == torch.float16


def test_every_mode_of_the_settings_is_known():
    from sovl_core.settings_info import describe_config
    from sovl_quantization import QuantizationSettings

    infos = {info.key: info for info in describe_config(QuantizationSettings)}
    assert set(infos["mode"].choices) == {"auto", *MODES}
    assert all(info.description for info in infos.values())
