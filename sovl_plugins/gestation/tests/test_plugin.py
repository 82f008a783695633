from __future__ import annotations

import subprocess
import sys
from types import SimpleNamespace

import pytest

from sovl_core.events import Idle
from sovl_gestation import GestationPlugin, GestationSettings

pytestmark = pytest.mark.no_torch


@pytest.fixture
def context():
    journal = SimpleNamespace(
        count_unconsolidated=lambda: 5,
        accepted_since_deep=lambda: 9,
        still_learned=list,
        built_on_by=lambda trigger: [],
        running_night=lambda: None,
    )
    settings = GestationSettings(minimum_memories=5, minimum_confidence=0.5, quiet_seconds=20)
    return SimpleNamespace(settings=settings, journal=journal, vitals=SimpleNamespace(mean_confidence=0.8))


@pytest.fixture
def plugin(context):
    started = GestationPlugin()
    started.on_start(context)
    return started


def test_it_cannot_be_asked_before_it_was_started():
    with pytest.raises(RuntimeError, match="has not been started"):
        GestationPlugin().due()


def test_it_asks_for_a_night_in_a_quiet_moment(plugin):
    idle = Idle(20)
    assert plugin.on_idle(idle) is None
    assert idle.wants_sleep == "5 memories have gathered"
    assert not idle.wants_deep


def test_after_so_many_nights_it_asks_for_a_deep_one(plugin, context):
    context.journal.accepted_since_deep = lambda: 10
    idle = Idle(20)
    plugin.on_idle(idle)
    assert idle.wants_deep


def test_it_does_not_ask_too_early(plugin):
    idle = Idle(19.9)
    plugin.on_idle(idle)
    assert idle.wants_sleep is None


def test_it_does_not_ask_when_told_not_to(plugin):
    plugin.settings.automatic = False
    idle = Idle(100)
    plugin.on_idle(idle)
    assert idle.wants_sleep is None


@pytest.mark.parametrize(("memories", "confidence"), [(4, 0.8), (5, 0.5)])
def test_it_does_not_ask_when_no_night_is_due(plugin, context, memories, confidence):
    context.journal.count_unconsolidated = lambda: memories
    context.vitals.mean_confidence = confidence
    idle = Idle(100)
    plugin.on_idle(idle)
    assert idle.wants_sleep is None
    assert plugin.due() is False


def test_its_panel_tells_how_much_has_gathered(plugin, context):
    context.journal.count_unconsolidated = lambda: 3
    assert plugin.on_status().rows == {"gathered": "3 of 5", "due": False, "deep sleep": "after 1 more night"}


def test_its_entry_module_needs_no_torch():
    code = "import sys, sovl_gestation.plugin; sys.exit('torch' in sys.modules or 'transformers' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
