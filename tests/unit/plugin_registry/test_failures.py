"""A plugin that fails or hangs is named, switched off and cleaned up, and what needs it goes with it."""

from __future__ import annotations

from pathlib import Path
from typing import Any, List

import pytest

from sovl_core.error_handling import PluginError
from sovl_core.hookspecs import hookimpl
from sovl_core.plugin import Plugin
from sovl_core.plugin_blame import never_blamed
from sovl_core.plugin_registry import PluginRegistry
from sovl_core.plugin_selection import PluginSelection
from tests.unit.plugin_registry.benches import Bench, made, names, reasons

pytestmark = pytest.mark.no_torch


class Fragile(Plugin):
    name = "fragile"
    provides = ("x",)

    def __init__(self) -> None:
        self.cleaned: List[Any] = []

    @hookimpl
    def on_idle(self, idle: Any) -> None: ...

    @hookimpl
    def on_models_unloaded(self, models: Any) -> None:
        self.cleaned.append(models)

    @hookimpl
    def on_stop(self) -> None:
        self.cleaned.append("stopped")


def failing(registry: PluginRegistry, hook: str = "on_idle", name: str = "fragile") -> Any:
    try:
        raise ValueError("boom")
    except ValueError as error:
        return registry.fail(name, hook, error)


def test_a_failure_is_named_logged_told_and_switches_the_plugin_off(bench: Bench) -> None:
    registry = bench.registry()
    registry.register(Fragile(), "sovl-fragile", "3.1", {})
    assert len(registry.implementations("on_idle")) == 1
    failure = failing(registry)
    assert str(failure).startswith("plugin 'fragile' (sovl-fragile 3.1) failed in on_idle: ValueError: boom")
    assert registry.failures == [failure]
    assert registry.implementations("on_idle") == ()
    assert reasons(registry) == {"fragile": "failed in on_idle: ValueError: boom"}
    entry = bench.events("plugin_failed")[0]
    logged = [entry[key] for key in ("plugin", "distribution", "version", "hook", "error")]
    assert logged == ["fragile", "sovl-fragile", "3.1", "on_idle", "ValueError"]
    assert [(event.plugin, event.hook) for event in bench.told] == [("fragile", "on_idle")]
    assert bench.told[0].message.endswith("it is switched off for this session")


def test_a_plugin_that_is_switched_off_is_taken_out_of_the_models_and_stopped(bench: Bench) -> None:
    registry = bench.registry()
    plugin = Fragile()
    registry.register(plugin, "", "", {})
    record = registry.record("fragile")
    record.models, record.started = "models", True
    failing(registry)
    failing(registry)
    assert plugin.cleaned == ["models", "stopped"]


def test_a_plugin_that_hangs_is_called_no_more_and_cleaned_up_when_it_has_come_back(bench: Bench) -> None:
    registry = bench.registry()
    plugin = Fragile()
    registry.register(plugin, "sovl-fragile", "3.1", {})
    bench.install("needy", requires=("x",))
    registry.load(PluginSelection(), {}, False)
    record = registry.record("fragile")
    record.models, record.started = "models", True
    failure = registry.overdue("fragile", "on_idle", 31.2, "fragile.py, line 3")
    assert str(failure) == (
        "plugin 'fragile' (sovl-fragile 3.1) failed in on_idle: "
        "it has not come back for 31 s (hooks.brief_limit) (fragile.py, line 3)"
    )
    assert registry.failures == [failure]
    assert names(registry) == []
    assert [event.hook for event in bench.told] == ["on_idle"]
    assert bench.events("plugin_hangs")[0]["where"] == "fragile.py, line 3"
    registry.tidy(lambda name: name == "fragile")
    assert plugin.cleaned == []
    registry.tidy(lambda name: False)
    registry.tidy(lambda name: False)
    assert plugin.cleaned == ["models", "stopped"]


def test_a_plugin_that_never_started_is_not_stopped(bench: Bench) -> None:
    registry = bench.registry()
    plugin = Fragile()
    registry.register(plugin, "", "", {})
    failing(registry)
    assert plugin.cleaned == []


@pytest.mark.parametrize(("hook", "left"), [("on_models_unloaded", ["stopped"]), ("on_stop", ["models"])])
def test_the_hook_that_failed_is_not_called_again(bench: Bench, hook: str, left: List[Any]) -> None:
    registry = bench.registry()
    plugin = Fragile()
    registry.register(plugin, "", "", {})
    record = registry.record("fragile")
    record.models, record.started = "models", True
    failing(registry, hook)
    assert plugin.cleaned == left


def test_a_failure_while_cleaning_up_is_logged_and_does_not_stop_the_rest(bench: Bench) -> None:
    class Clumsy(Fragile):
        @hookimpl
        def on_models_unloaded(self, models: Any) -> None:
            raise RuntimeError("clumsy")

    registry = bench.registry()
    plugin = Clumsy()
    registry.register(plugin, "", "", {})
    record = registry.record("fragile")
    record.models, record.started = "models", True
    failing(registry)
    assert plugin.cleaned == ["stopped"]
    assert bench.events("plugin_clean_up_failed")[0]["hook"] == "on_models_unloaded"


def test_what_requires_a_failed_plugin_is_switched_off_with_it(bench: Bench) -> None:
    registry = bench.registry()
    registry.register(Fragile(), "", "", {})
    registry.register(made("needs", requires=("x",), provides=("y",)), "", "", {})
    registry.register(made("needs_that", requires=("y",)), "", "", {})
    registry.register(made("free", after=("x",)), "", "", {})
    failing(registry)
    assert names(registry) == ["free"]
    assert reasons(registry)["needs"] == (
        "requires 'x', which no plugin that is on provides any more: fragile is switched off"
    )
    assert reasons(registry)["needs_that"].endswith("needs is switched off")
    assert len(registry.failures) == 1


def test_another_provider_is_enough(bench: Bench) -> None:
    registry = bench.registry()
    registry.register(Fragile(), "", "", {})
    registry.register(made("spare", provides=("x",)), "", "", {})
    registry.register(made("needs", requires=("x",)), "", "", {})
    failing(registry)
    assert names(registry) == ["spare", "needs"]


def test_strict_mode_raises_an_error_that_is_nobody_elses_fault(bench: Bench) -> None:
    registry = bench.registry(strict=True)
    registry.register(Fragile(), "", "", {})
    with pytest.raises(PluginError, match=r"plugin 'fragile' failed in on_idle: .*--no-plugin fragile") as caught:
        failing(registry)
    assert isinstance(caught.value.__cause__, ValueError)
    assert never_blamed(caught.value)
    assert names(registry) == []


def test_nobody_has_to_listen(tmp_path: Path) -> None:
    registry = PluginRegistry(None, False, None, list)
    registry.register(Fragile(), "", "", {})
    failing(registry)
    assert names(registry) == []
