from __future__ import annotations

from typing import Any, Dict, List, Literal, Union

import pytest
from pydantic import BaseModel, Field, ValidationError, field_validator

from sovl_core.config_errors import config_error, nearest_key, unknown_key
from sovl_core.plugin import PluginSettings

pytestmark = pytest.mark.no_torch


class Inner(PluginSettings):
    depth: int = Field(default=3, ge=1, le=9)


class Example(PluginSettings):
    noise: float = Field(default=0.05, gt=0, le=0.1)
    mode: Literal["fast", "slow"] = "fast"
    layers: List[int] = Field(default_factory=list)
    either: Union[int, Dict[str, int]] = 0
    code: str = Field(default="a1", pattern="^[a-z][0-9]$", description="A letter and a digit.")
    on: bool = True
    inner: Inner = Field(default_factory=Inner)
    even: int = 2

    @field_validator("even")
    @classmethod
    def _is_even(cls, value: int) -> int:
        if value % 2:
            raise ValueError("must be even, for a reason")
        return value


class Demanding(BaseModel):
    needed: int


def message(values: Dict[str, Any], model: Any = Example, source: str = "life.toml", prefix: str = "plugins.x") -> str:
    with pytest.raises(ValidationError) as caught:
        model.model_validate(values)
    return config_error(caught.value, model, source, prefix).message


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ({"noise": 0}, "life.toml: plugins.x.noise = 0: must be a number, more than 0 and at most 0.1"),
        ({"noise": "loud"}, "life.toml: plugins.x.noise = 'loud': must be a number, more than 0 and at most 0.1"),
        ({"mode": "medium"}, "life.toml: plugins.x.mode = 'medium': must be one of fast, slow"),
        (
            {"layers": 3},
            "life.toml: plugins.x.layers = 3: must be a list of whole number (Input should be a valid list)",
        ),
        ({"layers": [1, "a"]}, "life.toml: plugins.x.layers[1] = 'a': plugins.x.layers must be a list of whole number"),
        ({"code": "1a"}, "life.toml: plugins.x.code = '1a': must be text (A letter and a digit)"),
        ({"inner": 3}, "life.toml: plugins.x.inner = 3: must be a table, written as [plugins.x.inner]"),
        ({"inner": {"depth": 0}}, "life.toml: plugins.x.inner.depth = 0: must be a whole number, 1 to 9"),
        ({"even": 3}, "life.toml: plugins.x.even: must be even, for a reason"),
        ({"niose": 1}, 'life.toml: unknown key "plugins.x.niose", did you mean "plugins.x.noise"?'),
        ({"depth": 1}, 'life.toml: unknown key "plugins.x.depth", did you mean "plugins.x.inner.depth"?'),
        ({"zzz": 1}, 'life.toml: unknown key "plugins.x.zzz"'),
    ],
)
def test_each_mistake_is_named_by_full_key(values, text):
    assert message(values) == text


def test_union_is_explained_by_its_setting():
    assert "plugins.x.either must be a whole number or table" in message({"either": "x"})


def test_missing_setting_is_named():
    assert message({}, Demanding) == 'life.toml: "plugins.x.needed" is missing'


def test_source_and_prefix_may_be_absent():
    assert message({"noise": 0}, source="", prefix="") == "noise = 0: must be a number, more than 0 and at most 0.1"


def test_unknown_keys_come_first_and_many_mistakes_are_counted():
    text = message({"noise": 0, "mode": 1, "layers": 0, "code": "x", "on": "x", "even": 1, "niose": 1})

    assert text.startswith('life.toml: unknown key "plugins.x.niose"')
    assert text.endswith("; and 2 more")


def test_long_values_are_shortened():
    assert len(message({"mode": "x" * 1000})) < 150


def test_the_hint_is_a_command():
    assert str(unknown_key("a.b", [], "here")).endswith("sovl config describe")
    assert unknown_key("a.b", [], "here").message == 'here: unknown key "a.b"'


def test_unknown_table_may_be_a_plugins():
    assert "[plugins.dream]" in message({"dream": {"noise": 1}}, prefix="")


KEYS = ["core.base_model", "core.seed", "training.epochs", "training.batch_size", "plugins.cross_attention.layers"]


@pytest.mark.parametrize(
    ("key", "near"),
    [
        ("core.base_modle", "core.base_model"),
        ("core.base-model", "core.base_model"),
        ("trainig.epochs", "training.epochs"),
        ("core.epochs", "training.epochs"),
        ("epochs", "training.epochs"),
        ("trainig", "training"),
        ("core_seed", "core.seed"),
        ("plugins.cross_attention.qqq", None),
        ("zzz", None),
    ],
)
def test_nearest_key(key, near):
    assert nearest_key(key, KEYS) == near


def test_nothing_is_near_where_nothing_exists():
    assert nearest_key("x", []) is None
