"""A plugin that does not come back from a hook, and what the manager makes of it."""

from __future__ import annotations

import os
import signal
import threading
from types import SimpleNamespace
from typing import Any, List

import pytest

from sovl_core.cli.interrupts import first_interrupt_asks
from sovl_core.error_handling import PluginError
from sovl_core.events import Idle, Utterance
from sovl_core.hookspecs import hookimpl
from sovl_core.plugin import Plugin
from sovl_core.plugin_manager import PluginManager

pytestmark = pytest.mark.no_torch

# Reached only where something is wrong, however slow the machine.
WAIT = 120.0


class Sleeper(Plugin):
    """Hangs in a hook until it is let go, or for longer than any test."""

    name = "sleeper"

    def __init__(self) -> None:
        self.free = threading.Event()
        self.stopped = False

    @hookimpl
    def on_idle(self, idle: Any) -> None:
        while not self.free.wait(0.01):
            pass

    @hookimpl
    def on_stop(self) -> None:
        self.stopped = True


class Speaker(Plugin):
    name = "speaker"

    @hookimpl
    def on_idle(self, idle: Any) -> Utterance:
        return Utterance("Hm.")


def hosted(*plugins: Plugin, **options: Any) -> PluginManager:
    manager = PluginManager(None, distributions=list, **options)
    for plugin in plugins:
        manager.register(plugin)
    return manager


def context(plugin: Plugin, settings: Any) -> Any:
    return SimpleNamespace(name=plugin.name, settings=settings)


@pytest.mark.skipif(os.name == "nt", reason="sends a signal")
def test_ctrl_c_goes_on_without_a_plugin_that_hangs() -> None:
    said: List[str] = []

    def alarm(text: str) -> None:
        said.append(text)
        os.kill(os.getpid(), signal.SIGINT)

    manager = hosted(Sleeper(), Speaker(), limit=lambda pace: 0.01, alarm=alarm)
    with first_interrupt_asks(hangs=manager.hanging) as request:
        assert [utterance.source for utterance in manager.on_idle(Idle(1.0))] == ["speaker"]
    assert not request.made
    assert len(said) == 1
    assert "failed in on_idle: it has not come back for" in said[0]
    assert "(hooks.brief_limit)" in said[0]
    assert "test_plugin_manager_hangs.py, line" in said[0]
    assert said[0].endswith("It is called no more. Ctrl-C goes on without it.")
    assert [info.name for info in manager.infos() if info.enabled] == ["speaker"]
    assert not manager.hanging()
    manager.stop()


def test_a_plugin_that_hangs_in_another_thread_comes_back_to_whoever_waits() -> None:
    sleeper, stuck, events = Sleeper(), threading.Event(), []
    manager = hosted(sleeper, limit=lambda pace: 0.01, alarm=lambda text: stuck.set())
    manager.start(context)
    manager.when_stuck(lambda thread: events.append("stuck"), lambda: events.append("back"))
    thread = threading.Thread(target=manager.on_idle, args=(Idle(1.0),), daemon=True)
    thread.start()
    assert stuck.wait(WAIT)
    assert manager.hanging(thread.ident)
    manager.tidy()
    assert (events, sleeper.stopped) == (["stuck"], False)
    sleeper.free.set()
    thread.join(WAIT)
    manager.tidy()
    assert (events, sleeper.stopped) == (["stuck", "back"], True)
    manager.stop()


def test_strict_mode_raises_when_a_plugin_that_hung_comes_back() -> None:
    sleeper = Sleeper()
    manager = hosted(sleeper, strict=True, limit=lambda pace: 0.01, alarm=lambda text: sleeper.free.set())
    with pytest.raises(PluginError, match="it has not come back"):
        manager.on_idle(Idle(1.0))
    manager.stop()


def test_an_alarm_that_cannot_be_given_does_not_end_the_watch() -> None:
    sleeper, again = Sleeper(), Sleeper()
    again.name = "again"

    def alarm(text: str) -> None:
        (sleeper if "'sleeper'" in text else again).free.set()
        raise OSError("the terminal is gone")

    manager = hosted(sleeper, again, limit=lambda pace: 0.01, alarm=alarm)
    manager.on_idle(Idle(1.0))
    assert [failure.plugin for failure in manager.failures] == ["again", "sleeper"]
    manager.stop()


def test_what_the_kernel_does_for_a_plugin_is_not_the_plugins_time() -> None:
    alarms: List[str] = []

    class Asks(Plugin):
        name = "asks"

        @hookimpl
        def on_idle(self, idle: Any) -> None:
            load()

    manager = hosted(Asks(), limit=lambda pace: 0.3, alarm=alarms.append)

    @manager.kernels_own
    def load() -> None:
        # Longer than the limit and than the pause between two looks.
        threading.Event().wait(0.8)

    manager.on_idle(Idle(1.0))
    manager.stop()
    assert alarms == []
