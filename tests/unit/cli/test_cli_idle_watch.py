from __future__ import annotations

import threading
from typing import Any, List

import pytest

from sovl_core.cli.idle_watch import TYPING_PAUSE, IdleWatch
from sovl_core.cli.presence import Presence
from sovl_core.events import Utterance

pytestmark = pytest.mark.no_torch


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def _watch(system: Any, presence: Presence, said: List[Any], failures: List[BaseException], **more: Any) -> IdleWatch:
    return IdleWatch(system, presence, said.append, lambda p: None, lambda o: None, failures.append, **more)


def test_nothing_happens_while_a_reply_is_being_written(system: Any) -> None:
    presence = Presence()
    watch = _watch(system, presence, [], [])
    watch.look()
    presence.begin_listening()
    presence.end_listening()
    watch.look()
    assert system.called("idle") == []


def test_a_moment_of_silence_is_offered_with_what_is_known_of_it(system: Any) -> None:
    clock = Clock()
    presence = Presence(clock)
    system.vitals.last_prompt = "Hello"
    presence.begin_listening()
    watch = _watch(system, presence, [], [])
    watch.look()
    clock.now = TYPING_PAUSE
    watch.look()
    clock.now = 30.0
    presence.touch()
    clock.now = 31.0
    watch.look()
    idles = system.called("idle")
    assert [idle.seconds for idle in idles] == [0.0, TYPING_PAUSE, 1.0]
    assert [idle.may_speak for idle in idles] == [False, True, False]
    assert idles[0].conversation == system.conversation
    assert idles[0].last_prompt == "Hello"


def test_what_is_said_is_spoken_and_counts_as_an_event(system: Any) -> None:
    clock = Clock()
    presence = Presence(clock)
    presence.begin_listening()
    clock.now = 50.0
    system.utterances = [Utterance("Are you there?")]
    said: List[Utterance] = []
    watch = _watch(system, presence, said, [])
    watch.look()
    assert [utterance.text for utterance in said] == ["Are you there?"]
    assert presence.silence() == 0.0


def test_the_thread_prepares_looks_and_stops(system: Any) -> None:
    looked = threading.Event()
    prepared: List[str] = []
    presence = Presence()
    presence.begin_listening()

    def idle(moment: Any, progress: Any, finished: Any) -> List[Any]:
        looked.set()
        return []

    system.idle = idle
    watch = _watch(system, presence, [], [], prepare=lambda: prepared.append("yes"), interval=0.001)
    watch.start()
    assert looked.wait(30)
    watch.stop()
    assert prepared == ["yes"]


def test_a_failure_is_told_once_and_the_thread_goes_on(system: Any) -> None:
    presence = Presence()
    presence.begin_listening()
    calls: List[int] = []
    enough = threading.Event()

    def idle(moment: Any, progress: Any, finished: Any) -> List[Any]:
        calls.append(1)
        if len(calls) == 3:
            enough.set()
        raise RuntimeError("broken")

    system.idle = idle
    failures: List[BaseException] = []
    watch = _watch(system, presence, [], failures, interval=0.001)
    watch.start()
    assert enough.wait(30)
    watch.stop()
    assert [str(failure) for failure in failures] == ["broken"]


def test_a_look_that_is_stuck_in_a_plugin_is_not_waited_for() -> None:
    stuck, free = threading.Event(), threading.Event()

    def hang() -> None:
        stuck.set()
        free.wait(10.0)

    watch = IdleWatch(None, None, None, None, None, None, hang, 0.01, lambda thread: stuck.is_set())  # type: ignore[arg-type]
    watch.start()
    assert stuck.wait(10.0)
    watch.stop()
    assert watch._thread.is_alive()
    free.set()
