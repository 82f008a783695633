from __future__ import annotations

import pytest
from pydantic import ValidationError

from sovl_core import settings
from sovl_core.settings_info import describe_config
from sovl_core.utils import LIFE_CURVES

pytestmark = pytest.mark.no_torch

INFOS = describe_config(settings.SystemConfig)
NUMBERS = [info for info in INFOS if info.kind in ("number", "whole number")]


def section_and_name(key):
    config = settings.SystemConfig()
    *sections, name = key.split(".")
    for section in sections:
        config = getattr(config, section)
    return config, name


@pytest.mark.parametrize("info", INFOS, ids=lambda info: info.key)
def test_every_setting_says_what_it_does(info):
    assert info.description.endswith(".")


@pytest.mark.parametrize("info", NUMBERS, ids=lambda info: info.key)
def test_every_number_is_held_in_its_range(info):
    section, name = section_and_name(info.key)
    for edge, outside in ((info.minimum, -1), (info.maximum, 1)):
        assert edge is not None
        for refused in (edge + outside, float("nan"), outside * float("inf")):
            with pytest.raises(ValidationError):
                setattr(section, name, refused)
    assert getattr(section, name) == info.default
    for edge, open_edge in ((info.minimum, info.above_minimum), (info.maximum, info.below_maximum)):
        if not open_edge:
            setattr(section, name, edge)
            assert getattr(section, name) == edge


@pytest.mark.parametrize(
    ("key", "default"),
    [
        ("core.base_model", "HuggingFaceTB/SmolLM2-135M-Instruct"),
        ("core.scaffold_model", "base[:2/3]"),
        ("core.validation_split", 0.2),
        ("core.seed", 42),
        ("training.epochs", 3),
        ("training.batch_size", 2),
        ("training.accumulation", 4),
        ("training.max_grad_norm", 1.0),
        ("training.patience", 2),
        ("generation.temperature", 0.7),
        ("generation.top_k", 30),
        ("generation.history_turns", 10),
        ("lifecycle.capacity_factor", 0.01),
        ("lifecycle.exposure_gain_eager", 3),
        ("lifecycle.exposure_gain_sluggish", 2),
        ("lifecycle.sigmoid_scale", 0.5),
        ("lifecycle.sigmoid_shift", 5.0),
    ],
)
def test_defaults_of_the_classic_behaviour(key, default):
    section, name = section_and_name(key)

    assert getattr(section, name) == default


def test_curves_are_those_of_the_formula():
    (info,) = (info for info in INFOS if info.key == "lifecycle.curve")

    assert info.choices == LIFE_CURVES


@pytest.mark.parametrize("device", ["auto", "cpu", "mps", "cuda", "cuda:1", "xpu:0"])
def test_devices(device):
    assert settings.CoreSettings(device=device).device == device


@pytest.mark.parametrize("device", ["", "gpu", "cuda:", "cuda:x", "cpu\n"])
def test_what_is_no_device_is_refused(device):
    with pytest.raises(ValidationError):
        settings.CoreSettings(device=device)


def test_unknown_keys_are_refused_in_every_section():
    for section in (
        settings.SystemConfig,
        *(type(part) for _, part in settings.SystemConfig() if hasattr(part, "model_dump")),
    ):
        with pytest.raises(ValidationError, match="Extra inputs"):
            section.model_validate({"no_such_key": 1})


def test_lists_and_tables_are_not_shared_between_configs():
    one, other = settings.SystemConfig(), settings.SystemConfig()
    one.lora.target_modules.append("q_proj")
    one.plugins["dream"] = {}
    one.passing["core.seed"] = 1

    assert (other.lora.target_modules, other.plugins, other.passing) == ([], {}, {})


@pytest.mark.parametrize("enabled", ["yes", 1, None])
def test_enabled_of_a_plugin_is_boolean(enabled):
    with pytest.raises(ValidationError, match=r"plugins\.dream\.enabled must be true or false"):
        settings.SystemConfig(plugins={"dream": {"enabled": enabled}})


def test_tables_of_plugins_are_kept_as_they_are():
    table = {"enabled": False, "noise": 0.05, "deep": {"list": [1, "a"]}}

    assert settings.SystemConfig(plugins={"dream": table}).plugins == {"dream": table}
