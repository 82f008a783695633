from __future__ import annotations

from enum import Enum
from typing import Any, List, Optional

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field

from sovl_core.error_handling import ConfigError
from sovl_core.plugin import PluginSettings
from sovl_core.system_config import (
    NOT_SETTINGS,
    SystemConfig,
    describe_config,
    get_config_value,
    known_keys,
    load_config,
    save_config,
    set_config_value,
    validate_config,
    validate_settings,
)

pytestmark = pytest.mark.no_torch


class Colour(Enum):
    RED = "red"


class Inner(PluginSettings):
    depth: int = Field(default=3, ge=1, le=9)


class DreamSettings(PluginSettings):
    noise: float = Field(default=0.05, ge=0, le=0.1)
    style: str = "plain"
    colour: Colour = Colour.RED
    limit: Optional[int] = None
    inner: Inner = Field(default_factory=Inner)


MODELS = {"dream": DreamSettings}


@pytest.fixture
def path(tmp_path):
    return tmp_path / "life.toml"


@pytest.fixture
def config():
    return SystemConfig(plugins={"dream": {"noise": 0.01}, "absent": {"secret": 1}})


def test_without_anything_the_defaults_hold(path):
    assert load_config() == load_config(path) == load_config(None, {}, {}) == SystemConfig()


def test_later_layers_win(path):
    path.write_text("[core]\nseed = 1\n[training]\nepochs = 1\npatience = 1\n", encoding="utf-8")
    environ = {"SOVL_CORE__SEED": "2", "SOVL_TRAINING__EPOCHS": "2", "PATH": "/bin", "sovl_core__seed": "9"}

    config = load_config(path, environ, {"core.seed": "3"})

    assert (config.core.seed, config.training.epochs, config.training.patience) == (3, 2, 1)


@pytest.mark.parametrize(
    ("variable", "text", "key", "value"),
    [
        ("SOVL_CORE__BASE_MODEL", "gpt2", "core.base_model", "gpt2"),
        ("SOVL_CORE__TRUST_REMOTE_CODE", "on", "core.trust_remote_code", True),
        ("SOVL_TRAINING__LEARNING_RATE", "1e-4", "training.learning_rate", 1e-4),
        ("SOVL_LORA__TARGET_MODULES", "q_proj, v_proj", "lora.target_modules", ["q_proj", "v_proj"]),
        ("SOVL_GENERATION__SYSTEM_PROMPT", "", "generation.system_prompt", ""),
        ("SOVL_PLUGINS__DREAM__ENABLED", "no", "plugins.dream.enabled", False),
        ("SOVL_PLUGINS__DREAM__NOISE", "0.02", "plugins.dream.noise", 0.02),
        ("SOVL_PLUGINS__DREAM__INNER__DEPTH", "5", "plugins.dream.inner.depth", 5),
    ],
)
def test_environment_is_read_in_the_settings_type(variable, text, key, value):
    assert get_config_value(load_config(None, {variable: text}), key) == value


def test_some_variables_are_no_settings():
    assert {"SOVL_PLUGINS", "SOVL_LIFE", "SOVL_DEBUG"} == NOT_SETTINGS
    assert load_config(None, dict.fromkeys(NOT_SETTINGS, "x")) == SystemConfig()


@pytest.mark.parametrize(
    ("variable", "meant"),
    [
        ("SOVL_CORE_SEED", "SOVL_CORE__SEED"),
        ("SOVL_CORE__SEDE", "SOVL_CORE__SEED"),
        ("SOVL_TRAINING__SEED", "SOVL_CORE__SEED"),
        ("SOVL_QQQ", "sovl config describe"),
        ("SOVL_", "sovl config describe"),
        ("SOVL_PLUGINS__DREAM", "sovl config describe"),
    ],
)
def test_unknown_variable_is_refused_with_the_right_one(variable, meant):
    with pytest.raises(ConfigError) as caught:
        load_config(None, {variable: "1"})
    assert f"environment variable {variable} names no setting" in str(caught.value)
    assert meant in str(caught.value)


def test_refused_values_name_their_source(path):
    path.write_text("[core]\nseed = -1\n", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"life\.toml: core\.seed = -1: must be a whole number, 0 to 4294967295"):
        load_config(path)
    with pytest.raises(ConfigError, match=r"^environment variable SOVL_CORE__SEED: core\.seed = 'x': must be"):
        load_config(None, {"SOVL_CORE__SEED": "x"})
    with pytest.raises(ConfigError, match=r"^core\.seed = 1\.5: must be"):
        load_config(None, {}, {"core.seed": 1.5})
    with pytest.raises(
        ConfigError, match=r"SOVL_PLUGINS__DREAM__ENABLED: plugins\.dream\.enabled = 'maybe': must be true"
    ):
        load_config(None, {"SOVL_PLUGINS__DREAM__ENABLED": "maybe"})


def test_unknown_key_of_a_file_is_named_with_file_key_and_right_key(path):
    path.write_text("[core]\nbase_modle = 'x'\n", encoding="utf-8")

    with pytest.raises(ConfigError) as caught:
        load_config(path)
    assert str(caught.value).startswith(
        f'{path}: unknown key "core.base_modle", did you mean "core.base_model"? All settings'
    )
    assert caught.value.exit_status == 2


def test_unknown_override_is_refused():
    with pytest.raises(ConfigError, match=r'unknown key "core\.sed", did you mean "core\.seed"\?'):
        load_config(None, {}, {"core.sed": 1})


def test_absent_override_is_passed_over():
    assert load_config(None, {}, {"core.seed": None, "no.such.key": None}) == SystemConfig()


def test_what_was_given_for_one_run_is_not_saved_but_what_is_set_is(path):
    path.write_text("[core]\nseed = 1\n", encoding="utf-8")
    config = load_config(path, {"SOVL_CORE__SEED": "2", "SOVL_PLUGINS__DREAM__NOISE": "0.02"}, {"training.epochs": 9})
    set_config_value(config, "training.patience", 5)
    save_config(config, path)
    assert path.read_text(encoding="utf-8") == "[core]\nseed = 1\n\n[training]\npatience = 5\n"

    set_config_value(config, "core.seed", 2)
    save_config(config, path)
    assert load_config(path).core.seed == 2


def test_newer_layout_is_refused_by_both_versions():
    with pytest.raises(ConfigError, match=r"life\.toml: its layout is version 7, this SOVL knows 1"):
        validate_config({"version": 7, "new": {"key": 1}}, "life.toml")
    with pytest.raises(ConfigError, match="version = 0: must be a whole number"):
        validate_config({"version": 0})


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ({"core": 3}, "core = 3: must be a table, written as [core]"),
        ({"plugins": {"dream": False}}, "plugins.dream = False: must be a table, written as [plugins.dream]"),
        ({"plugins": {"dream": {"enabled": 1}}}, "plugins.dream.enabled must be true or false, not 1"),
        ({"trainig": {}}, 'unknown key "trainig", did you mean "training"?'),
        ({"learning_rate": 1}, 'unknown key "learning_rate", did you mean "training.learning_rate"?'),
        ({"dream": {"noise": 1}}, "[plugins.dream]"),
        ({"core": {"device": "gpu"}}, "core.device = 'gpu': must be text (Where models run"),
        ({"core": {"base_model": ""}}, "core.base_model = ''"),
    ],
)
def test_mistakes_are_explained(values, text):
    with pytest.raises(ConfigError) as caught:
        validate_config(values)
    assert text in str(caught.value)


def test_settings_of_a_plugin_are_validated_under_their_full_key():
    assert validate_settings(DreamSettings, {"noise": 0.1}).noise == 0.1
    with pytest.raises(ConfigError) as caught:
        validate_settings(DreamSettings, {"nois": 1, "inner": {"depth": 0}}, "life.toml", "plugins.dream")
    assert caught.value.message == (
        'life.toml: unknown key "plugins.dream.nois", did you mean "plugins.dream.noise"?; '
        "plugins.dream.inner.depth = 0: must be a whole number, 1 to 9"
    )


@pytest.mark.parametrize("info", describe_config(SystemConfig), ids=lambda info: info.key)
def test_every_setting_is_read_and_set_by_its_key(info):
    config = SystemConfig()

    assert get_config_value(config, info.key) == info.default
    if info.key != "plugins":
        assert get_config_value(set_config_value(config, info.key, info.default), info.key) == info.default


def test_sections_and_lists_are_read_as_copies(config):
    get_config_value(config, "training")["epochs"] = 99
    get_config_value(config, "lora.target_modules").append("x")
    get_config_value(config, "plugins.dream")["noise"] = 99
    get_config_value(config, "plugins")["dream"] = 99

    assert config.training.epochs == 3
    assert config.lora.target_modules == []
    assert config.plugins == {"dream": {"noise": 0.01}, "absent": {"secret": 1}}


@pytest.mark.parametrize("key", ["core.sed", "plugins.dream.style", "nothing", "", "core.", "core.seed.x"])
def test_unknown_key_has_the_given_default_or_is_refused(config, key):
    assert get_config_value(config, key, default=None) is None
    with pytest.raises(ConfigError, match=f'unknown key "{key}"'):
        get_config_value(config, key)


def test_plugins_defaults_are_read_with_its_model(config):
    assert get_config_value(config, "plugins.dream.noise", plugin_models=MODELS) == 0.01
    assert get_config_value(config, "plugins.dream.style", plugin_models=MODELS) == "plain"
    assert get_config_value(config, "plugins.dream.inner.depth", plugin_models=MODELS) == 3
    assert get_config_value(config, "plugins.dream.enabled", plugin_models=MODELS) is True
    assert get_config_value(config, "plugins.dream", plugin_models=MODELS)["limit"] is None
    with pytest.raises(ConfigError, match=r'did you mean "plugins\.dream\.style"'):
        get_config_value(config, "plugins.dream.stile", plugin_models=MODELS)


def test_setting_changes_in_place_and_keeps_sections(config):
    training = config.training

    assert set_config_value(config, "training.epochs", "7") is config
    assert config.training is training
    assert training.epochs == 7


@pytest.mark.parametrize(
    ("key", "value", "text"),
    [
        ("training.epochs", "0", "training.epochs = '0': must be a whole number, 1 to 1000"),
        ("training.epochs", "many", "training.epochs = 'many'"),
        ("training.epochs", float("nan"), "training.epochs = nan"),
        ("generation.top_p", float("nan"), "generation.top_p = nan"),
        ("training.epoch", 1, 'did you mean "training.epochs"'),
        ("training", 1, "training is a section. Set one of its keys, like training.learning_rate"),
        ("plugins", {}, "plugins is a section. Set one of its keys, like plugins.dream.noise"),
        ("plugins.dream", {}, "plugins.dream is a section. Set one of its keys, like plugins.dream.noise"),
        ("plugins.new", {}, "plugins.new is a section. Set one of its keys, like plugins.dream.enabled"),
        ("plugins.dream.noise.deep", 1, '"noise" is no section'),
        ("plugins.dream.enabled", "perhaps", "plugins.dream.enabled = 'perhaps': must be true or false"),
        ("version", 2, "version = 2"),
        ("", 1, 'unknown key ""'),
    ],
)
def test_refused_change_says_why_and_changes_nothing(config, key, value, text):
    before = config.model_copy(deep=True)

    with pytest.raises(ConfigError) as caught:
        set_config_value(config, key, value)
    assert text in str(caught.value)
    assert config == before


@pytest.mark.parametrize(
    ("key", "text", "value"),
    [
        ("plugins.dream.noise", "0.02", 0.02),
        ("plugins.dream.style", "5", "5"),
        ("plugins.dream.colour", "red", "red"),
        ("plugins.dream.limit", "4", 4),
        ("plugins.dream.limit", "none", None),
        ("plugins.dream.inner.depth", "9", 9),
        ("plugins.dream.enabled", "off", False),
    ],
)
def test_plugins_setting_takes_its_models_type(config, path, key, text, value):
    set_config_value(config, key, text, MODELS)

    assert get_config_value(config, key) == value
    save_config(config, path)
    loaded = load_config(path)
    assert get_config_value(loaded, key, default=None) == value
    assert loaded.plugins["absent"] == {"secret": 1}


@pytest.mark.parametrize(
    ("key", "value", "text"),
    [
        ("plugins.dream.noise", "5", "plugins.dream.noise = '5': must be a number, 0 to 0.1"),
        ("plugins.dream.niose", "0", 'did you mean "plugins.dream.noise"'),
        ("plugins.dream.inner.dept", "0", 'did you mean "plugins.dream.inner.depth"'),
        ("plugins.dream.inner.depth", "0", "plugins.dream.inner.depth = '0': must be a whole number, 1 to 9"),
    ],
)
def test_plugins_model_refuses_what_it_does_not_know(config, key, value, text):
    before = config.model_copy(deep=True)

    with pytest.raises(ConfigError) as caught:
        set_config_value(config, key, value, MODELS, source="here")
    assert str(caught.value).startswith("here: ")
    assert text in str(caught.value)
    assert config == before


def test_absent_plugins_setting_is_taken_as_toml_or_text(config):
    for text, value in (("3", 3), ("a b", "a b"), ("[1]", [1]), ("true", True)):
        set_config_value(config, "plugins.new.x", text)
        assert config.plugins["new"] == {"x": value}


def test_known_keys_are_the_kernels_the_models_and_the_written_ones(config):
    keys = known_keys(config, MODELS)

    assert {"core.seed", "plugins.dream.enabled", "plugins.dream.inner.depth", "plugins.absent.secret"} <= set(keys)
    assert "plugins" not in keys
    assert len(keys) == len(set(keys))


KEYS = [info.key for info in describe_config(SystemConfig)]
ODD: List[Any] = [None, True, -1, 0, 1e308, float("inf"), "", "x", [], {}, object(), b"x", "\udc80"]


@given(st.text() | st.sampled_from(KEYS), st.sampled_from(ODD) | st.text() | st.integers() | st.floats())
def test_any_key_and_value_is_taken_or_refused(key, value):
    config = SystemConfig()
    before = config.model_copy(deep=True)
    try:
        set_config_value(config, key, value)
    except ConfigError:
        assert config == before
    else:
        SystemConfig.model_validate(config.model_dump())
