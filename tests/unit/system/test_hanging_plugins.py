"""A plugin that does not come back from a hook: replies go on, and the life can be closed."""

from __future__ import annotations

import functools
import threading
from typing import Any, Iterator, List

import pytest

from sovl_core.events import Idle, Night, NightReport
from sovl_core.hookspecs import hookimpl
from sovl_core.plugin import Plugin, PluginContext

# Reached only where something is wrong, however slow the machine.
WAIT = 120.0


class Stuck(Plugin):
    """Hangs in the hooks ``where``, until it is let go."""

    name = "stuck"

    def __init__(self) -> None:
        self.where = {"on_idle", "on_sleep"}
        self.inside, self.noticed, self.free = threading.Event(), threading.Event(), threading.Event()
        self.stopped = False

    def _hang(self, hook: str) -> None:
        if hook in self.where:
            self.inside.set()
            self.free.wait()

    def limit(self, pace: str) -> float:
        """None but while it hangs: on a slow machine anybody may take long."""
        return 0.2 if self.inside.is_set() and not self.noticed.is_set() else 0.0

    @hookimpl
    def on_models_loaded(self, models: Any) -> None:
        self._hang("on_models_loaded")

    @hookimpl
    def on_idle(self, idle: Idle) -> None:
        self._hang("on_idle")

    @hookimpl
    def on_sleep(self, night: Night) -> NightReport:
        self._hang("on_sleep")
        return NightReport("nothing")

    @hookimpl
    def on_stop(self) -> None:
        self.stopped = True


class Waker(Plugin):
    """Wants the models in a quiet moment, and attaches to them after the one that hangs."""

    name = "waker"

    def __init__(self) -> None:
        self.attached: List[Any] = []

    @hookimpl
    def on_start(self, context: PluginContext) -> None:
        self.context = context

    @hookimpl
    def on_models_loaded(self, models: Any) -> None:
        self.attached.append(models)

    @hookimpl
    def on_idle(self, idle: Idle) -> None:
        self.context.models()


@pytest.fixture
def stuck() -> Iterator[Stuck]:
    plugin = Stuck()
    yield plugin
    plugin.free.set()


@pytest.fixture
def manager(manager: Any, stuck: Stuck) -> Any:
    return functools.partial(manager, limit=stuck.limit, alarm=lambda text: stuck.noticed.set())


def test_a_reply_does_not_wait_for_a_plugin_that_is_stuck_in_a_quiet_moment(life_of: Any, stuck: Stuck) -> None:
    system = life_of(stuck)
    quiet = threading.Thread(target=system.idle, args=(Idle(60.0),), daemon=True)
    quiet.start()
    assert stuck.noticed.wait(WAIT)
    assert system.generate("hello").text == "reply to hello"
    assert quiet.is_alive()
    assert not stuck.stopped
    stuck.free.set()
    quiet.join(WAIT)
    assert not quiet.is_alive()
    assert stuck.stopped
    assert system.generate("hello").text == "reply to hello"


def test_a_reply_has_all_other_plugins_where_one_is_stuck_attaching_in_a_quiet_moment(
    life_of: Any, stuck: Stuck
) -> None:
    waker = Waker()
    stuck.where = {"on_models_loaded"}
    system = life_of(stuck, waker)
    quiet = threading.Thread(target=system.idle, args=(Idle(60.0),), daemon=True)
    quiet.start()
    assert stuck.noticed.wait(WAIT)
    assert waker.attached == []
    assert system.generate("hello").text == "reply to hello"
    assert waker.attached == [system.models()]
    assert quiet.is_alive()
    stuck.free.set()
    quiet.join(WAIT)
    assert not quiet.is_alive()
    assert waker.attached == [system.models()]
    assert stuck.stopped


def test_a_life_is_closed_beside_a_night_that_is_stuck(life_of: Any, stuck: Stuck) -> None:
    system = life_of(stuck)
    system.tell("My dog is called Rex.")
    assert system.sleep_in_background()
    assert stuck.noticed.wait(WAIT)
    system.close()
    with life_of() as later:
        assert [episode.prompt for episode in later.journal.episodes()] == ["My dog is called Rex."]
