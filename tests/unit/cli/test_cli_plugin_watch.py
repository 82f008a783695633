from __future__ import annotations

from typing import Any, List

import pytest

from sovl_core.cli.plugin_watch import PluginWatch
from sovl_core.plugin_records import PluginInfo
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
    assert notes == ["Plugin 'muse' is off: importing it raised. More: sovl plugins info muse"]
    system.infos = [PluginInfo("dream", "d", "1", [], False, "it raised in on_dream")]
    watch.check()
    assert len(notes) == 2
    assert "it raised in on_dream" in notes[1]
