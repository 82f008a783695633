from __future__ import annotations

from typing import Any, List

import pytest

from sovl_core.cli.plugin_watch import PluginWatch
from sovl_core.plugin_records import PluginFailure, PluginInfo
from sovl_core.plugin_selection import PluginSelection

pytestmark = pytest.mark.no_torch


def test_each_plugin_that_went_off_by_itself_is_named_once(system: Any) -> None:
    notes: List[str] = []
    selection = PluginSelection.from_sources({}, {}, None, ["quiet"])
    watch = PluginWatch(system, selection, notes.append)
    system.infos = [
        PluginInfo("dream", "d", "1", [], True, ""),
        PluginInfo("quiet", "q", "1", [], False, "switched off by --no-plugin"),
        PluginInfo("muse", "m", "1", [], False, "importing it raised"),
    ]
    watch.check()
    watch.check()
    assert notes == ["Plugin 'muse' (m 1) is off: importing it raised. More: sovl plugins info muse"]
    system.infos = [PluginInfo("dream", "d", "1", [], False, "it raised in on_dream")]
    watch.check()
    assert len(notes) == 2
    assert "it raised in on_dream" in notes[1]


def test_settings_of_a_mistyped_plugin_are_pointed_out_and_those_of_an_absent_one_are_not(system: Any) -> None:
    notes: List[str] = []
    system.infos = [PluginInfo("dream", "d", "1", [], True, "")]
    system.config.plugins.update({"dream": {}, "dreem": {"noise": 1}, "astrology": {"sign": "lion"}})
    watch = PluginWatch(system, PluginSelection.from_sources({}, {}), notes.append)
    watch.check()
    watch.check()
    assert notes == [
        "There are settings for a plugin 'dreem' (plugins.dreem), which is not installed. Did you mean dream?"
    ]


def test_a_question_ends_the_sentence(system: Any) -> None:
    notes: List[str] = []
    system.infos = [PluginInfo("muse", "m", "1", [], False, "there is no hook on_dreem. Did you mean on_dream?")]
    PluginWatch(system, PluginSelection.from_sources({}, {}), notes.append).check()
    assert notes[0].endswith("Did you mean on_dream? More: sovl plugins info muse")


def test_what_failed_is_named_with_its_place_and_the_log_that_knows_more(system: Any) -> None:
    notes: List[str] = []
    system.infos = [PluginInfo("muse", "m", "1", [], False, "failed in on_idle: KeyError: 'colour'")]
    system.plugins.failures.append(PluginFailure("muse", "m", "1", "on_idle", "KeyError: 'colour'", "muse.py, line 3"))
    PluginWatch(system, PluginSelection.from_sources({}, {}), notes.append).check()
    assert notes == [
        "Plugin 'muse' (m 1) is off: failed in on_idle: KeyError: 'colour' (muse.py, line 3). More: sovl log --errors"
    ]
