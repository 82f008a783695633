"""Plugins registered by hand, alone and next to installed ones, and the order they are called in."""

from __future__ import annotations

from typing import Any

import pytest

from sovl_core.error_handling import ConfigError, PluginError
from sovl_core.hookspecs import hookimpl
from sovl_core.plugin import Plugin, PluginSettings
from sovl_core.plugin_selection import PluginSelection
from tests.unit.plugin_registry.benches import Bench, made, names

pytestmark = pytest.mark.no_torch


class Probe(Plugin):
    name = "probe"
    provides = ("probing",)


class Size(PluginSettings):
    size: int = 1


def test_a_plugin_is_registered_by_hand(bench: Bench) -> None:
    registry = bench.registry()
    plugin = made("probe", settings_model=Size)
    registry.register(plugin, "dist", "2.0", {"size": 4})
    record = registry.record("probe")
    assert (record.plugin, record.distribution, record.version, record.settings.size) == (plugin, "dist", "2.0", 4)


@pytest.mark.parametrize(
    ("plugin", "message"),
    [
        (made("probe"), "plugin 'probe' was refused: a plugin of this name is registered already"),
        (
            made("needy", requires=("x",)),
            "plugin 'needy' was refused: requires 'x', which no plugin that is on provides",
        ),
        (
            made("loop", provides=("y",), after=("probing",), before=("probing",)),
            "ordering cycle loop -> probe -> loop",
        ),
        (made("new", hook_api=2), "plugin 'new' was refused: it is written for hook API 2"),
        (object(), "is no instance of sovl_core.plugin.Plugin"),
    ],
)
def test_a_plugin_that_does_not_fit_is_refused_and_leaves_nothing_behind(
    bench: Bench, plugin: Any, message: str
) -> None:
    registry = bench.registry()
    registry.register(Probe(), "", "", {})
    with pytest.raises(PluginError, match=message):
        registry.register(plugin, "", "", {})
    assert names(registry) == ["probe"]
    assert [record.name for record in registry.records()] == ["probe"]


def test_settings_that_do_not_fit_are_raised_as_such(bench: Bench) -> None:
    registry = bench.registry()
    with pytest.raises(ConfigError, match=r"plugins\.probe\.sise"):
        registry.register(made("probe", settings_model=Size), "", "", {"sise": 4})
    assert registry.records() == []


def test_plugins_registered_by_hand_are_ordered_too(bench: Bench) -> None:
    registry = bench.registry()
    registry.register(made("a", after=("probing",)), "", "", {})
    registry.register(Probe(), "", "", {})
    assert names(registry) == ["probe", "a"]


def test_the_config_applies_to_plugins_registered_by_hand(bench: Bench) -> None:
    registry = bench.registry()
    registry.register(made("probe", settings_model=Size), "", "", {})
    registry.load(PluginSelection(), {"probe": {"size": 9}}, False)
    assert registry.record("probe").settings.size == 9
    with pytest.raises(ConfigError, match=r"plugins\.probe\.sise"):
        registry.load(PluginSelection(), {"probe": {"sise": 9}}, False)
    assert names(registry) == []


def test_a_plugin_registered_by_hand_stands_before_an_installed_one_of_its_name(bench: Bench) -> None:
    bench.install("probe")
    registry = bench.registry()
    registry.register(Probe(), "by hand", "0", {})
    registry.load(PluginSelection(), {}, False)
    assert registry.record("probe").distribution == "by hand"
    assert bench.events("plugin_registered_by_hand")[0]["not_used"] == "sovl-probe 1.5"


def test_an_installed_plugin_may_require_one_registered_by_hand(bench: Bench) -> None:
    bench.install("a", requires=("probing",))
    registry = bench.registry()
    registry.register(Probe(), "", "", {})
    registry.load(PluginSelection(), {}, False)
    assert names(registry) == ["probe", "a"]


def test_an_unknown_name_is_refused_with_the_nearest_one(bench: Bench) -> None:
    registry = bench.registry()
    registry.register(Probe(), "", "", {})
    with pytest.raises(PluginError, match=r"no plugin named 'prob' is installed\. Did you mean probe\?"):
        registry.record("prob")


def test_wrappers_come_first_and_each_part_is_in_plugin_order(bench: Bench) -> None:
    class Both(Plugin):
        @hookimpl
        def on_generate(self, turn: Any) -> None: ...

    class Wraps(Plugin):
        @hookimpl(wrapper=True)
        def on_generate(self, turn: Any) -> Any:
            return (yield)

    registry = bench.registry()
    for base, name in ((Wraps, "d"), (Both, "c"), (Wraps, "b"), (Both, "a")):
        registry.register(type("Made", (base,), {"name": name})(), "", "", {})
    assert [one.plugin_name for one in registry.implementations("on_generate")] == ["b", "d", "a", "c"]
    assert registry.implementations("on_sleep") == ()
