"""A plugin that does not come back from a hook: replies go on, and the life can be closed."""

from __future__ import annotations

import functools
import threading
from typing import Any, Iterator

import pytest

from sovl_core.events import Idle, Night, NightReport
from sovl_core.hookspecs import hookimpl
from sovl_core.plugin import Plugin

WAIT = 20.0


class Stuck(Plugin):
    """Hangs in a quiet moment and in the night until it is let go."""

    name = "stuck"

    def __init__(self) -> None:
        self.noticed, self.free = threading.Event(), threading.Event()
        self.stopped = False

    @hookimpl
    def on_idle(self, idle: Idle) -> None:
        self.free.wait(WAIT)

    @hookimpl
    def on_sleep(self, night: Night) -> NightReport:
        self.free.wait(WAIT)
        return NightReport("nothing")

    @hookimpl
    def on_stop(self) -> None:
        self.stopped = True


@pytest.fixture
def stuck() -> Iterator[Stuck]:
    plugin = Stuck()
    yield plugin
    plugin.free.set()


@pytest.fixture
def manager(manager: Any, stuck: Stuck) -> Any:
    return functools.partial(manager, limit=lambda pace: 0.2, alarm=lambda text: stuck.noticed.set())


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


def test_a_life_is_closed_beside_a_night_that_is_stuck(life_of: Any, stuck: Stuck) -> None:
    system = life_of(stuck)
    system.tell("My dog is called Rex.")
    assert system.sleep_in_background()
    assert stuck.noticed.wait(WAIT)
    system.close()
    with life_of() as later:
        assert [episode.prompt for episode in later.journal.episodes()] == ["My dog is called Rex."]
