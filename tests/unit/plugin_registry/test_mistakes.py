"""Mistakes in settings and in names of plugins, and what strict and lenient loading make of them."""

from __future__ import annotations

import pytest

from sovl_core.error_handling import BadInput, ConfigError, PluginError
from sovl_core.plugin_selection import PluginSelection
from tests.unit.plugin_registry.benches import Bench, names, reasons

pytestmark = pytest.mark.no_torch


def test_wrong_settings_are_raised_after_the_others_are_loaded(bench: Bench) -> None:
    bench.install("a")
    bench.install("b")
    registry = bench.registry()
    with pytest.raises(ConfigError, match=r"plugins\.a\.sise: .* Did you mean plugins\.a\.size\?"):
        registry.load(PluginSelection(), {"a": {"sise": 2}}, False)
    assert names(registry) == ["b"]
    assert reasons(registry)["a"].startswith("plugins.a.sise: ")
    with pytest.raises(PluginError, match=r"plugin 'a' .* is not loaded: plugins\.a\.sise"):
        registry.record("a")


def test_settings_of_a_plugin_that_is_off_are_not_looked_at(bench: Bench) -> None:
    bench.install("a")
    bench.load(PluginSelection(disabled=frozenset(["a"])), a={"sise": 2, "enabled": False})


def test_all_mistakes_are_raised_together(bench: Bench) -> None:
    bench.install("a")
    with pytest.raises(ConfigError) as caught:
        bench.load(PluginSelection(only=["a", "bb"]), a={"sise": 2})
    assert "no plugin named 'bb' is installed" in str(caught.value)
    assert "plugins.a.sise" in str(caught.value)


def test_asking_for_a_plugin_that_is_not_installed_is_a_mistake(bench: Bench) -> None:
    bench.install("dream")
    registry = bench.registry()
    with pytest.raises(BadInput, match=r"no plugin named 'dreem' is installed\. Did you mean dream\?") as caught:
        registry.load(PluginSelection.from_sources({}, {}, without=["dreem"]), {}, False)
    assert caught.value.exit_status == 2
    assert names(registry) == ["dream"]


def test_several_unknown_names_are_one_mistake(bench: Bench) -> None:
    with pytest.raises(BadInput, match=r"'x' is installed.*; no plugin named 'y'"):
        bench.load(PluginSelection(only=["x", "y"]))


def test_lenient_loading_records_mistakes_and_raises_none(bench: Bench) -> None:
    bench.install("a")
    bench.install("b")
    registry = bench.load(PluginSelection(only=["a", "b", "c"]), lenient=True, a={"sise": 2})
    assert names(registry) == ["b"]
    assert reasons(registry)["a"].startswith("plugins.a.sise: there is no such setting")


def test_strict_loading_raises_at_the_first_refusal(bench: Bench) -> None:
    bench.install("bad", "raise RuntimeError('boom')")
    with pytest.raises(PluginError, match=r"plugin 'bad' \(sovl-bad 1\.5\) was refused: .*--no-plugin bad"):
        bench.load(strict=True)
