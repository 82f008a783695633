from __future__ import annotations

import math
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
    assert idle.wants_sleep == "5 turns have gathered"
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


def test_its_patience_is_stretched_and_shortened(plugin):
    for factor, seconds in ((2.0, 40), (0.5, 10)):
        plugin.settings.time_factor = factor
        early, late = Idle(seconds - 0.1), Idle(seconds)
        plugin.on_idle(early)
        plugin.on_idle(late)
        assert (early.wants_sleep, late.wants_sleep) == (None, "5 turns have gathered")


@pytest.mark.parametrize(("curve", "rate"), [("steady", 2e-3), ("life_curve", 2e-3 * 0.5 * math.exp(-0.5))])
def test_a_night_learns_as_fast_as_the_curve_says(plugin, context, mocker, curve, rate):
    gestate = mocker.patch("sovl_gestation.plugin.gestate")
    context.vitals = SimpleNamespace(exposure=50, capacity=100)
    plugin.settings.learning_rate, plugin.settings.learning_rate_curve = 2e-3, curve
    plugin.on_sleep(SimpleNamespace(options={}))
    assert gestate.call_args.args[2].learning_rate == pytest.approx(rate)
    assert plugin.settings.learning_rate == 2e-3


def test_a_night_of_one_pass_is_had_on_demand(plugin, context, mocker):
    gestate = mocker.patch("sovl_gestation.sleep_training.gestate")
    context.vitals = SimpleNamespace(exposure=0, capacity=None)
    plugin.on_sleep(SimpleNamespace(options={"once": True}))
    assert (gestate.call_args.args[2].passes, gestate.call_args.args[2].least_steps) == (1.0, 1)


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
    assert plugin.on_status().rows == {"gathered": "3 of 5 turns", "due": False, "deep sleep": "after 1 more night"}


def test_its_entry_module_needs_no_torch():
    code = "import sys, sovl_gestation.plugin; sys.exit('torch' in sys.modules or 'transformers' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
