"""Each check passes a plugin that behaves, and says of one that does not what it does."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Dict, Optional, Type

import pytest
from pydantic import BaseModel, Field

from sovl_core.error_handling import ConfigError, PluginError
from sovl_core.hookspecs import hookimpl
from sovl_core.plugin import Plugin, PluginSettings, PluginState
from sovl_core.testing import checks
from sovl_core.testing.checks import CHECKS, Check, NotConforming, Subject, problem_of
from sovl_core.testing.import_probe import ImportReport
from sovl_core.testing.observation import Observation
from sovl_core.testing.workbench import Said, Workbench

pytestmark = pytest.mark.no_torch


class Table(PluginSettings):
    limit: int = 1


class Mine(Plugin):
    name = "mine"
    settings_model = Table


def subject(
    folder: Path, plugin: Type[Plugin] = Mine, report: Optional[ImportReport] = None, seen: Any = None, **given: Any
) -> Subject:
    """Return a subject of which all is known already: nothing is imported and no life lived."""
    made = Subject(plugin, Workbench(folder, imports={plugin.name: report or ImportReport()}), **given)
    made._seen = seen
    return made


def with_settings(model: Any) -> Type[Plugin]:
    return type("Mine", (Plugin,), {"name": "mine", "settings_model": model})


def test_there_is_a_test_of_the_suite_for_each_check() -> None:
    from sovl_core.testing.conformance import PluginConformance

    tests = [test for name, test in vars(PluginConformance).items() if name.startswith("test_")]
    called = {name for test in tests for name in test.__code__.co_names}
    assert len(tests) == len({check.title for check in CHECKS}) == len(CHECKS)
    assert {check.run.__name__ for check in CHECKS} <= called


@pytest.mark.parametrize(
    ("report", "said"),
    [
        (ImportReport(heavy=["numpy", "torch"]), "imports numpy, torch, and so would every command"),
        (ImportReport(modules=6), "imports 6 modules; most are 5"),
        (ImportReport(threads=["poller"]), "starts the thread poller"),
        (ImportReport(variables=["HOME"]), "sets the environment variable HOME"),
        (ImportReport(error="ImportError: no such"), "cannot be imported by itself: ImportError: no such"),
    ],
)
def test_a_heavy_or_busy_import(tmp_path: Path, report: ImportReport, said: str) -> None:
    checks.imports_light(subject(tmp_path, report=ImportReport(modules=5), most_modules=5))
    with pytest.raises(NotConforming, match=said):
        checks.imports_light(subject(tmp_path, report=report, most_modules=5))


def test_an_import_that_nobody_has_looked_at_is_probed(tmp_path: Path, mocker: Any) -> None:
    probe = mocker.patch.object(checks, "probe_imports", return_value={"mine": ImportReport(heavy=["torch"])})
    with pytest.raises(NotConforming, match="torch"):
        checks.imports_light(Subject(Mine, Workbench(tmp_path)))
    probe.assert_called_once_with([Mine])


def test_a_misspelt_hook(tmp_path: Path) -> None:
    class Misspelt(Mine):
        @hookimpl
        def on_genrate(self, turn: Any) -> None:
            pass

    checks.hooks_match(subject(tmp_path))
    with pytest.raises(PluginError, match=r"no hook on_genrate\. Did you mean on_generate"):
        checks.hooks_match(subject(tmp_path, Misspelt))
    with pytest.raises(PluginError, match="no subclass"):
        checks.hooks_match(subject(tmp_path, type("Mine", (), {"name": "mine"})))


def test_settings_that_accept_anything(tmp_path: Path) -> None:
    class Loose(BaseModel):
        limit: int = 1

    class Nested(PluginSettings):
        inner: Loose = Field(default_factory=Loose)

    class Owing(PluginSettings):
        limit: int

    checks.settings_refuse_unknown_keys(subject(tmp_path))
    with pytest.raises(NotConforming, match="accept an unknown key"):
        checks.settings_refuse_unknown_keys(subject(tmp_path, with_settings(Loose)))
    with pytest.raises(NotConforming, match="table inner of its settings accepts unknown keys"):
        checks.settings_refuse_unknown_keys(subject(tmp_path, with_settings(Nested)))
    with pytest.raises(ConfigError, match="no default"):
        checks.settings_refuse_unknown_keys(subject(tmp_path, with_settings(Owing)))
    checks.settings_refuse_unknown_keys(subject(tmp_path, with_settings(Owing), settings={"limit": 2}))


def test_a_failure_in_its_day(tmp_path: Path) -> None:
    checks.lives_a_day(subject(tmp_path, seen=Observation()))
    with pytest.raises(NotConforming, match="plugin 'mine' failed in on_idle"):
        checks.lives_a_day(subject(tmp_path, seen=Observation(failures=["plugin 'mine' failed in on_idle: no"])))


@pytest.mark.parametrize(
    ("saved", "restored", "said"),
    [
        ({"a": 1}, {"a": 1}, ""),
        ({"a": 1}, {"a": 2}, r"values\['a'\] is 2 after saving, loading and saving again, and was 1"),
        ({"a": None}, {}, r"values\['a'\]"),
        ({}, {"b": 1}, r"values\['b'\] is 1"),
        ({"a": 1}, None, "on_save_state fails after on_load_state"),
    ],
)
def test_state_that_does_not_come_back(
    tmp_path: Path, saved: Dict[str, Any], restored: Optional[Dict[str, Any]], said: str
) -> None:
    seen = Observation(state=PluginState(saved), restored=None if restored is None else PluginState(restored))
    if not said:
        checks.state_comes_back(subject(tmp_path, seen=seen))
        return
    with pytest.raises(NotConforming, match=said):
        checks.state_comes_back(subject(tmp_path, seen=seen))


def test_state_that_cannot_be_stored_or_is_never_read(tmp_path: Path) -> None:
    class Saving(Mine):
        @hookimpl
        def on_save_state(self, state: PluginState) -> None:
            pass

    with pytest.raises(NotConforming, match="cannot be stored"):
        checks.state_comes_back(subject(tmp_path, seen=Observation(state_problem="The state cannot be stored")))
    with pytest.raises(NotConforming, match="it has on_save_state and not the other one"):
        checks.state_comes_back(subject(tmp_path, Saving, seen=Observation()))
    checks.state_comes_back(subject(tmp_path, seen=Observation()))


def test_what_it_leaves_in_replies_model_and_process(tmp_path: Path) -> None:
    same, other = Said("Hm.", [1], [0.5], [0.1]), Said("Hm.", [1], [0.5000001], [0.1])
    checks.switched_off_is_absent(subject(tmp_path, seen=Observation(bare=same, off=same)))
    with pytest.raises(NotConforming, match="on_models_unloaded and on_stop"):
        checks.switched_off_is_absent(subject(tmp_path, seen=Observation(bare=same, off=other)))
    checks.leaves_nothing_behind(subject(tmp_path, seen=Observation()))
    with pytest.raises(NotConforming, match="on_models_unloaded leaves something in the base: a; b"):
        checks.leaves_nothing_behind(subject(tmp_path, seen=Observation(left_in_models=["a", "b"])))
    with pytest.raises(NotConforming, match="on_stop leaves something behind: the thread"):
        checks.leaves_nothing_behind(subject(tmp_path, seen=Observation(left_behind=["the thread 'x' still runs"])))


def test_settings_are_keyed_by_the_plugins_table(tmp_path: Path) -> None:
    assert subject(tmp_path, settings={"limit": 2}).settings == {"plugins.mine.limit": 2}


def test_a_problem_is_told_whatever_was_raised(tmp_path: Path) -> None:
    def fail(error: Exception) -> Check:
        def run(_: Subject) -> None:
            raise error

        return Check("fails", run)

    made = subject(tmp_path)
    assert problem_of(Check("passes", lambda _: None), made) == ""
    assert problem_of(fail(NotConforming("it does not")), made) == "it does not"
    assert problem_of(fail(PluginError("refused", "Do this")), made) == "refused. Do this"
    assert problem_of(fail(TypeError("odd")), made).startswith("it raised TypeError: odd")
