from __future__ import annotations

from enum import Enum
from typing import Any, Dict, List, Literal, Optional, Tuple, Union

import pytest
from pydantic import Field

from sovl_core.plugin import PluginSettings
from sovl_core.settings import SystemConfig
from sovl_core.settings_info import SettingInfo, describe_config, find_field, section_model, without_optional

pytestmark = pytest.mark.no_torch


class Colour(Enum):
    RED = "red"
    BLUE = "blue"


class Inner(PluginSettings):
    depth: int = Field(default=3, ge=1, le=9, description="How deep.")


class Example(PluginSettings):
    required: str
    noise: float = Field(default=0.05, gt=0, lt=0.1, description="Noise.", json_schema_extra={"live": False})
    mode: Literal["fast", "slow"] = "fast"
    colour: Colour = Colour.RED
    limit: Optional[int] = None
    words: List[str] = Field(default_factory=list)
    pair: Tuple[int, ...] = ()
    table: Dict[str, int] = Field(default_factory=dict)
    either: Union[int, str] = 0
    anything: Any = None
    code: str = Field(default="a1", pattern="^[a-z][0-9]$")
    on: bool = True
    inner: Inner = Field(default_factory=Inner)


INFOS = {info.key: info for info in describe_config(Example, "plugins.example")}


def test_keys_stand_under_the_prefix_in_order_of_declaration():
    keys = list(INFOS)

    assert keys[:2] == ["plugins.example.required", "plugins.example.noise"]
    assert keys[-1] == "plugins.example.inner.depth"
    assert len(keys) == 13


def test_keys_without_a_prefix():
    assert [info.key for info in describe_config(Inner)] == ["depth"]


def test_one_setting_in_full():
    assert INFOS["plugins.example.noise"] == SettingInfo(
        key="plugins.example.noise",
        kind="number",
        default=0.05,
        description="Noise.",
        minimum=0,
        maximum=0.1,
        above_minimum=True,
        below_maximum=True,
        live=False,
    )


@pytest.mark.parametrize(
    ("name", "kind", "allowed"),
    [
        ("required", "text", ""),
        ("noise", "number", "more than 0 and less than 0.1"),
        ("mode", "choice", "one of fast, slow"),
        ("colour", "choice", "one of red, blue"),
        ("limit", "whole number or nothing", ""),
        ("words", "list of text", ""),
        ("pair", "list of whole number", ""),
        ("table", "table", ""),
        ("either", "whole number or text", ""),
        ("anything", "anything", ""),
        ("code", "text", ""),
        ("on", "true or false", ""),
        ("inner.depth", "whole number", "1 to 9"),
    ],
)
def test_types_and_ranges_in_words(name, kind, allowed):
    info = INFOS["plugins.example." + name]

    assert (info.kind, info.allowed) == (kind, allowed)


@pytest.mark.parametrize(
    ("info", "allowed"),
    [
        (SettingInfo("k", "number", 0, minimum=1e-6), "at least 1e-06"),
        (SettingInfo("k", "number", 0, maximum=4294967295), "at most 4294967295"),
        (SettingInfo("k", "number", 0, minimum=0, above_minimum=True, maximum=1), "more than 0 and at most 1"),
    ],
)
def test_open_ranges(info, allowed):
    assert info.allowed == allowed


def test_pattern_and_liveness_are_told():
    assert INFOS["plugins.example.code"].pattern == "^[a-z][0-9]$"
    assert INFOS["plugins.example.code"].live
    assert not {info.key: info for info in describe_config(SystemConfig)}["core.base_model"].live


def test_a_required_setting_has_no_default():
    assert INFOS["plugins.example.required"].default is None


def test_union_written_with_a_bar_is_understood():
    try:
        annotation = eval("int | None")
    except TypeError:
        pytest.skip("needs Python 3.10")

    assert without_optional(annotation) is int


@pytest.mark.parametrize("annotation", [int, List[int], Union[int, str], Any])
def test_what_is_not_optional_stays(annotation):
    assert without_optional(annotation) is annotation


def test_fields_are_found_by_dotted_key():
    field = find_field(Example, ["inner", "depth"])

    assert field is not None
    assert field.annotation is int
    assert section_model(find_field(Example, ["inner"]).annotation) is Inner
    for missing in (["nothing"], ["inner", "nothing"], ["noise", "depth"], []):
        assert find_field(Example, missing) is None
