"""Loading what is installed: what is imported, refused, ordered and noted."""

from __future__ import annotations

import dataclasses

import pytest

from sovl_core.hook_versions import Deprecated
from sovl_core.plugin_records import plugin_notes
from sovl_core.plugin_selection import PluginSelection
from tests.unit.plugin_registry.benches import Bench, names, reasons

pytestmark = pytest.mark.no_torch


def test_installed_plugins_are_loaded_with_origin_hooks_and_settings(bench: Bench) -> None:
    bench.install("probe", "@hookimpl\ndef on_stop(self): pass")
    record = bench.load(probe={"size": 3}).record("probe")
    assert (record.on, record.distribution, record.version, record.summary) == (
        True,
        "sovl-probe",
        "1.5",
        "A bench plugin",
    )
    assert (record.hooks, record.settings.size) == (["on_stop"], 3)
    assert bench.events("plugin_registered")[0]["version"] == "1.5"


def test_only_what_is_on_is_imported(bench: Bench) -> None:
    bench.install("wanted")
    bench.install("unwanted")
    bench.install("switched_off")
    selection = PluginSelection(only=["wanted", "switched_off"], disabled=frozenset(["switched_off"]))
    registry = bench.load(selection)
    assert bench.imported() == ["bench_sovl_wanted"]
    assert names(registry) == ["wanted"]
    assert reasons(registry) == {
        "unwanted": "not among those chosen by --plugins or SOVL_PLUGINS",
        "switched_off": "switched off by plugins.switched_off.enabled = false",
    }


def test_declared_constraints_order_what_is_loaded(bench: Bench) -> None:
    bench.install("a", after=("x",))
    bench.install("b", provides=("x",), after=("y",))
    bench.install("c", provides=("y",))
    assert names(bench.load()) == ["c", "b", "a"]


def test_a_failing_import_costs_only_that_plugin(bench: Bench) -> None:
    bench.install("good")
    bench.install("bad", "raise RuntimeError('boom')")
    registry = bench.load()
    assert names(registry) == ["good"]
    assert "importing bench_sovl_bad:P raised RuntimeError: boom" in reasons(registry)["bad"]
    assert bench.events("plugin_refused")[0]["plugin"] == "bad"
    assert [(event.what, event.plugin, event.hook) for event in bench.told] == [("plugin", "bad", None)]
    assert bench.told[0].message.startswith("plugin 'bad' (sovl-bad 1.5) was refused: importing")


def test_two_distributions_of_one_name_are_both_refused(bench: Bench) -> None:
    bench.install("probe", distribution="sovl-one")
    bench.install("probe", distribution="sovl-two")
    bench.install("other")
    registry = bench.load()
    assert names(registry) == ["other"]
    assert "sovl-one 1.5 and sovl-two 1.5 offer a plugin of the same name" in reasons(registry)["probe"]
    assert bench.imported() == ["bench_sovl_other"]


def test_a_conflict_that_is_switched_off_is_no_problem(bench: Bench) -> None:
    bench.install("probe", distribution="sovl-one")
    bench.install("probe", distribution="sovl-two")
    registry = bench.load(PluginSelection(disabled=frozenset(["probe"])), strict=True)
    assert reasons(registry) == {"probe": "switched off by plugins.probe.enabled = false"}
    assert bench.told == []


def test_a_plugin_that_misses_a_requirement_is_refused_with_the_reason(bench: Bench) -> None:
    bench.install("needs", requires=("x",))
    bench.install("good")
    registry = bench.load()
    assert names(registry) == ["good"]
    assert reasons(registry) == {"needs": "requires 'x', which no plugin that is on provides"}


def test_a_requirement_on_a_refused_plugin_is_missing_too(bench: Bench) -> None:
    bench.install("needs", requires=("x",))
    bench.install("gives", "def on_bogus(self): pass", provides=("x",))
    assert set(reasons(bench.load())) == {"needs", "gives"}


def test_a_cycle_is_refused_by_name(bench: Bench) -> None:
    bench.install("a", provides=("x",), after=("y",))
    bench.install("b", provides=("y",), after=("x",))
    registry = bench.load()
    assert names(registry) == []
    assert reasons(registry)["a"].startswith("ordering cycle a -> b -> a")


def test_a_deprecated_hook_is_called_and_its_plugin_told_what_takes_its_place(bench: Bench) -> None:
    bench.install("mused", "@hookimpl\ndef on_idle(self, idle): ...")
    bench.install("other", "@hookimpl\ndef on_stop(self): ...")
    registry = bench.registry()
    going = dataclasses.replace(registry.kinds["on_idle"], deprecated=Deprecated("1.3", "on_moment"))
    registry.kinds["on_idle"] = going
    registry.load(PluginSelection(), {}, False)
    assert [one.plugin_name for one in registry.implementations("on_idle")] == ["mused"]
    assert plugin_notes([record.info() for record in registry.records()]) == [
        "The plugin 'mused' (sovl-mused 1.5) is on, but on_idle is deprecated since hook API 1.3 and is called no more "
        "from 2.0 on: implement on_moment instead."
    ]
    (logged,) = bench.events("plugin_note")
    assert (logged["plugin"], logged["version"]) == ("mused", "1.5")


def test_an_unreadable_distribution_is_kept_as_a_problem(bench: Bench) -> None:
    bench.install("probe")
    (bench.folder / "sovl-probe-1.5.dist-info" / "entry_points.txt").write_bytes(b"\xff\xfe")
    registry = bench.load()
    assert registry.problems[0].startswith("sovl-probe: its entry points cannot be read")
    assert len(bench.events("distribution_unreadable")) == 1
