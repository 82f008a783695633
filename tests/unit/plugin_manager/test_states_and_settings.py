"""What plugins keep, what is told about them and their order, and their settings."""

from __future__ import annotations

from typing import Any

import pytest

from sovl_core.error_handling import ConfigError, PluginError
from sovl_core.hookspecs import hookimpl
from sovl_core.plugin import Plugin, PluginSettings, PluginState
from sovl_core.plugin_manager import PluginManager
from tests.unit.plugin_manager.plugins import Everything, failing_in, hosted, pair

pytestmark = pytest.mark.no_torch


def test_each_plugin_saves_and_loads_its_own_namespace() -> None:
    note, first, second = pair()
    manager = hosted(first, second)
    states = manager.on_save_state()
    assert states == {"a": PluginState({"noted": 0}), "b": PluginState({"noted": 0})}
    manager.on_load_state({"b": states["b"], "absent": PluginState({"kept": 1})})
    assert note == [states["b"]]


@pytest.mark.parametrize("value", [object(), {1, 2}, b"bytes"])
def test_values_that_json_cannot_hold_are_the_plugins_failure(value: Any) -> None:
    class Hoards(Plugin):
        name = "hoards"

        @hookimpl
        def on_save_state(self, state: Any) -> None:
            state.values.update(colour="red", thing=value)

    manager = hosted(Hoards(), Everything())
    assert set(manager.on_save_state()) == {"everything"}
    assert manager.failures[0].hook == "on_save_state"
    assert manager.failures[0].error.startswith("TypeError: state.values['thing'] is more than JSON can hold")


def test_values_stay_a_dictionary() -> None:
    class Replaces(Plugin):
        name = "replaces"

        @hookimpl
        def on_save_state(self, state: Any) -> None:
            state.values = ["a", "list"]

    manager = hosted(Replaces())
    assert manager.on_save_state() == {}
    assert manager.failures[0].error == "TypeError: PluginState.values is list and has to be dict"


def _named(name: str, **declared: Any) -> Plugin:
    return type(name, (Plugin,), {"name": name, **declared})()


def test_infos_stand_in_calling_order_and_provenance_names_origins() -> None:
    class After(Plugin):
        name = "a"
        after = ("x",)

    class Provides(Plugin):
        name = "b"
        provides = ("x",)

    manager = PluginManager(None, distributions=list)
    manager.register(After(), "sovl-a", "1.0")
    manager.register(Provides(), "sovl-b", "2.0")
    manager.register(failing_in("on_status"))
    manager.on_status()
    assert [(info.name, info.enabled) for info in manager.infos()] == [("b", True), ("a", True), ("fails", False)]
    assert manager.provenance() == {"b": "sovl-b 2.0", "a": "sovl-a 1.0"}


def test_the_order_is_told_with_its_reasons_and_what_depends_on_whom() -> None:
    manager = PluginManager(None, distributions=list)
    manager.register(_named("below", provides=("x",)))
    manager.register(_named("above", requires=("x",)))
    assert [(place.name, place.why) for place in manager.order()] == [
        ("below", ()),
        ("above", ("above is after 'x', which below provides",)),
    ]
    assert manager.dependants("below") == ["above"]


def test_plugins_and_settings_are_found_by_name() -> None:
    plugin = Everything()
    manager = PluginManager(None, distributions=list)
    manager.register(plugin, settings={"size": 5})
    assert manager.get("everything") is plugin
    assert manager.settings("everything").size == 5
    with pytest.raises(PluginError, match=r"no plugin named 'everythin' is installed\. Did you mean everything\?"):
        manager.get("everythin")


def test_settings_change_in_place_for_whoever_holds_them() -> None:
    manager = hosted(Everything())
    held = manager.settings("everything")
    assert manager.change_setting("everything", "size", "7") is True
    assert held.size == 7
    with pytest.raises(ConfigError, match=r"plugins\.everything\.sice: .* Did you mean plugins\.everything\.size\?"):
        manager.change_setting("everything", "sice", 1)


def test_an_earlier_change_is_kept_by_a_later_one() -> None:
    class Pair(PluginSettings):
        low: int = 0
        high: int = 0

    class Pairs(Plugin):
        name = "pairs"
        settings_model = Pair

    manager = hosted(Pairs())
    manager.change_setting("pairs", "low", 1)
    manager.change_setting("pairs", "high", 2)
    assert manager.settings("pairs") == Pair(low=1, high=2)
