"""Registering, loading, ordering and switching off, with plugins installed in real dist-info folders."""

from __future__ import annotations

import dataclasses
import sys
from importlib import metadata
from pathlib import Path
from typing import Any, Dict, Iterator, List, Optional

import pytest

from sovl_core.error_handling import BadInput, ConfigError, PluginError
from sovl_core.events import ErrorEvent
from sovl_core.hook_versions import Deprecated
from sovl_core.hookspecs import hookimpl
from sovl_core.plugin import Plugin, PluginSettings
from sovl_core.plugin_blame import never_blamed
from sovl_core.plugin_records import plugin_notes
from sovl_core.plugin_registry import PluginRegistry
from sovl_core.plugin_selection import PluginSelection
from sovl_core.system_logging import ThreadSafeLogger

pytestmark = pytest.mark.no_torch


class Bench:
    """A folder on ``sys.path`` to install plugins in, and a registry that looks there."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.logger = ThreadSafeLogger(None)
        self.told: List[ErrorEvent] = []

    def install(self, name: str, body: str = "", distribution: str = "", **declared: Any) -> None:
        """Install a plugin ``name``; ``declared`` are class attributes, ``body`` further lines of the class."""
        distribution = distribution or f"sovl-{name}"
        module = f"bench_{distribution.replace('-', '_')}"
        info = self.folder / f"{distribution}-1.5.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(
            f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 1.5\nSummary: A bench plugin\n", encoding="utf-8"
        )
        (info / "entry_points.txt").write_text(f"[sovl]\n{name} = {module}:P\n", encoding="utf-8")
        lines = [f"    {key} = {value!r}\n" for key, value in {"name": name, **declared}.items()]
        lines.extend(f"    {line}\n" for line in body.splitlines())
        source = (
            "from sovl_core import Plugin, PluginSettings, hookimpl\n\nclass S(PluginSettings):\n    size: int = 1\n\n"
        )
        source += "class P(Plugin):\n    settings_model = S\n" + "".join(lines)
        (self.folder / f"{module}.py").write_text(source, encoding="utf-8")

    def imported(self) -> List[str]:
        return sorted(name for name in sys.modules if name.startswith("bench_"))

    def registry(self, strict: bool = False) -> PluginRegistry:
        path = [str(self.folder)]
        return PluginRegistry(self.logger, strict, self.told.append, lambda: metadata.distributions(path=path))

    def load(
        self,
        selection: Optional[PluginSelection] = None,
        strict: bool = False,
        lenient: bool = False,
        **tables: Dict[str, Any],
    ) -> PluginRegistry:
        registry = self.registry(strict)
        registry.load(selection or PluginSelection(), tables, lenient)
        return registry

    def events(self, name: str) -> List[Dict[str, Any]]:
        return [entry for entry in self.logger.read() if entry["event"] == name]


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    monkeypatch.syspath_prepend(str(tmp_path))
    made = Bench(tmp_path)
    yield made
    for name in made.imported():
        del sys.modules[name]


def names(registry: PluginRegistry, on: bool = True) -> List[str]:
    return [record.name for record in registry.records() if record.on is on]


def reasons(registry: PluginRegistry) -> Dict[str, str]:
    return {record.name: record.reason for record in registry.records() if not record.on}


# Loading


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


# Registering by hand


class Probe(Plugin):
    name = "probe"
    provides = ("probing",)


class Size(PluginSettings):
    size: int = 1


def made(name: str, **declared: Any) -> Any:
    return type("Made", (Plugin,), {"name": name, **declared})()


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


# Calling order


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


# Failures


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
