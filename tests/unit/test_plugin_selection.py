"""Which plugins are on: flags, then SOVL_PLUGINS, then the config."""

from __future__ import annotations

from typing import Dict, List, Optional, Set

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sovl_core.plugin_selection import PluginSelection

pytestmark = pytest.mark.no_torch

OFF = {"dream": {"enabled": False, "noise": 0.1}, "memory": {"enabled": True}, "curiosity": {}}
NAMES = ["curiosity", "dream", "feedback", "memory"]


def on(selection: PluginSelection) -> List[str]:
    return [name for name in NAMES if not selection.why_off(name)]


def test_everything_is_on_by_default() -> None:
    assert on(PluginSelection.from_sources({}, {})) == NAMES
    assert on(PluginSelection()) == NAMES


def test_the_config_switches_off() -> None:
    selection = PluginSelection.from_sources(OFF, {})
    assert on(selection) == ["curiosity", "feedback", "memory"]
    assert selection.why_off("dream") == "switched off by plugins.dream.enabled = false"


def test_the_environment_overrides_the_config() -> None:
    selection = PluginSelection.from_sources(OFF, {"SOVL_PLUGINS": "dream, memory"})
    assert on(selection) == ["dream", "memory"]
    assert selection.why_off("curiosity") == "not among those chosen by --plugins or SOVL_PLUGINS"


def test_the_command_line_overrides_the_environment() -> None:
    assert on(PluginSelection.from_sources(OFF, {"SOVL_PLUGINS": "memory"}, plugins=["dream"])) == ["dream"]


def test_an_empty_list_on_the_command_line_is_no_plugin() -> None:
    assert on(PluginSelection.from_sources({}, {"SOVL_PLUGINS": "memory"}, plugins=[])) == []


@pytest.mark.parametrize(("environ", "plugins"), [({"SOVL_PLUGINS": "none"}, None), ({}, ["none"])])
def test_the_word_none_is_no_plugin(environ: Dict[str, str], plugins: Optional[List[str]]) -> None:
    selection = PluginSelection.from_sources({}, environ, plugins=plugins)
    assert on(selection) == []
    assert selection.named == frozenset()


def test_an_empty_variable_counts_as_not_set() -> None:
    assert on(PluginSelection.from_sources(OFF, {"SOVL_PLUGINS": " , "})) == ["curiosity", "feedback", "memory"]


def test_no_plugin_has_the_last_word() -> None:
    selection = PluginSelection.from_sources({}, {}, plugins=["dream", "memory"], without=["dream"])
    assert on(selection) == ["memory"]
    assert selection.why_off("dream") == "switched off by --no-plugin"


def test_no_plugin_adds_to_the_config() -> None:
    assert on(PluginSelection.from_sources(OFF, {}, without=["memory"])) == ["curiosity", "feedback"]


def test_names_that_were_typed_are_told_from_names_in_the_config() -> None:
    selection = PluginSelection.from_sources(OFF, {"SOVL_PLUGINS": "dream"}, without=["memory"])
    assert selection.named == {"dream", "memory"}
    assert PluginSelection.from_sources(OFF, {}).named == frozenset()


subsets = st.sets(st.sampled_from(NAMES))


@given(off=subsets, variable=st.none() | subsets, flag=st.none() | subsets, without=subsets)
def test_the_most_specific_source_decides(
    off: Set[str], variable: Optional[Set[str]], flag: Optional[Set[str]], without: Set[str]
) -> None:
    config = {name: {"enabled": name not in off} for name in NAMES}
    environ = {} if variable is None else {"SOVL_PLUGINS": ",".join(sorted(variable))}
    selection = PluginSelection.from_sources(config, environ, plugins=flag, without=without)
    chosen = flag if flag is not None else (variable or set(NAMES) - off)
    assert set(on(selection)) == chosen - without
