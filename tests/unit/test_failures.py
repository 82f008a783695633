from __future__ import annotations

from collections import deque
from typing import Any, Deque, List

import pytest

from sovl_core.error_handling import ModelNotFound, SOVLError
from sovl_core.events import ErrorEvent, Reply, Turn
from sovl_core.failures import Failures, explain, is_out_of_memory
from sovl_core.hookspecs import hookimpl
from sovl_core.plugin import Plugin
from sovl_core.settings import SystemConfig
from sovl_core.system_logging import ThreadSafeLogger

pytestmark = pytest.mark.no_torch


class Listens(Plugin):
    name = "listens"

    def __init__(self) -> None:
        self.heard: List[ErrorEvent] = []

    @hookimpl
    def on_error(self, error: ErrorEvent) -> None:
        self.heard.append(error)


class World:
    def __init__(self, manager: Any, answer: Any = None) -> None:
        self.turns: List[Turn] = []
        self.plugin = Listens()
        self.logger = ThreadSafeLogger(None)
        self.of_plugins: Deque[ErrorEvent] = deque()

        def reflect(turn: Turn) -> Reply:
            self.turns.append(turn)
            return Reply("I had too much to think about.")

        self.failures = Failures(SystemConfig(), manager(self.plugin), answer or reflect, self.logger, self.of_plugins)

    def events(self) -> List[str]:
        return [entry["event"] for entry in self.logger.read()]


def test_a_failure_is_logged_told_reflected_on_and_explained(manager: Any) -> None:
    world = World(manager)
    failure = world.failures.survive(RuntimeError("CUDA out of memory"), "reply", episode=7)
    assert world.events() == ["reply_failed", "error_reflection"]
    assert [(e.what, e.message, e.episode) for e in world.plugin.heard] == [
        ("reply", "RuntimeError: CUDA out of memory", 7)
    ]
    assert [(turn.purpose, turn.max_new_tokens) for turn in world.turns] == [("reflection", 60)]
    assert world.turns[0].temperature == pytest.approx(0.9)
    assert str(failure).startswith("The reply failed: out of memory. What you said is kept (episode 7).")


def test_reflection_can_be_switched_off(manager: Any) -> None:
    world = World(manager)
    world.failures._config.generation.error_reflection = False
    world.failures.survive(RuntimeError("CUDA out of memory"), "reply")
    assert (world.events(), world.turns) == (["reply_failed"], [])
    assert [event.what for event in world.plugin.heard] == ["reply"]


def test_what_the_user_has_to_mend_is_not_reflected_on(manager: Any) -> None:
    world = World(manager)
    error = ModelNotFound("there is no such model")
    assert world.failures.survive(error, "reply") is error
    assert world.turns == []
    assert len(world.plugin.heard) == 1
    assert world.events() == ["reply_failed"]


def test_a_reflection_that_fails_is_logged_and_is_all(manager: Any) -> None:
    calls: List[Turn] = []

    def fails(turn: Turn) -> Reply:
        calls.append(turn)
        raise MemoryError

    world = World(manager, fails)
    failure = world.failures.survive(MemoryError(), "reply")
    assert isinstance(failure, SOVLError)
    assert len(calls) == 1
    assert world.events() == ["reply_failed", "error_reflection_failed"]


def test_plugins_hear_of_each_failure_of_another_once(manager: Any) -> None:
    world = World(manager)
    world.of_plugins.append(ErrorEvent("plugin", "it raised", plugin="other", hook="on_idle"))
    world.failures.tell_plugins()
    world.failures.tell_plugins()
    assert [event.plugin for event in world.plugin.heard] == ["other"]


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (MemoryError(), True),
        (RuntimeError("[enforce fail at alloc_cpu.cpp] DefaultCPUAllocator: can't allocate memory"), True),
        (RuntimeError("MPS backend out of memory"), True),
        (RuntimeError("shapes do not match"), False),
    ],
)
def test_running_out_of_memory_is_recognised(error: Exception, expected: bool) -> None:
    assert is_out_of_memory(error) is expected


def test_any_other_failure_names_its_type_and_the_log() -> None:
    text = str(explain(RuntimeError("shapes do not match"), "night"))
    assert text == "The night failed: RuntimeError: shapes do not match. See what happened with `sovl log`"
