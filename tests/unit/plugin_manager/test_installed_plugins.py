"""From an installed distribution to a reply."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Iterator

import pytest

from sovl_core.events import Turn
from sovl_core.plugin_manager import PluginManager, PluginSelection
from sovl_core.system_logging import ThreadSafeLogger
from tests.unit.plugin_manager.plugins import generate

pytestmark = pytest.mark.no_torch


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    source = (
        "from sovl_core import Plugin, hookimpl\n"
        "class Shout(Plugin):\n"
        "    name = 'manager_probe'\n"
        "    @hookimpl(wrapper=True)\n"
        "    def on_generate(self, turn):\n"
        "        reply = yield\n"
        "        reply.text = reply.text.upper()\n"
        "        return reply\n"
    )
    info = tmp_path / "sovl_manager_probe-0.2.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: sovl-manager-probe\nVersion: 0.2\n", encoding="utf-8")
    (info / "entry_points.txt").write_text("[sovl]\nmanager_probe = sovl_manager_probe:Shout\n", encoding="utf-8")
    (tmp_path / "sovl_manager_probe.py").write_text(source, encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    yield tmp_path
    sys.modules.pop("sovl_manager_probe", None)


def test_an_installed_plugin_takes_part_in_a_turn(installed: Path) -> None:
    manager = PluginManager(ThreadSafeLogger(None))
    manager.load(PluginSelection(only=["manager_probe"]), {})
    assert manager.on_generate(Turn("hello"), generate).text == "HELLO"
    assert manager.provenance() == {"manager_probe": "sovl-manager-probe 0.2"}
    assert manager.problems == []


def test_switched_off_is_as_if_not_installed(installed: Path) -> None:
    manager = PluginManager(ThreadSafeLogger(None))
    manager.load(PluginSelection(only=[]), {})
    assert manager.on_generate(Turn("hello"), generate).text == "hello"
    assert manager.provenance() == {}
    assert "sovl_manager_probe" not in sys.modules
