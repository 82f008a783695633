"""The recorder sees every hook, in order, with what came of it."""

from __future__ import annotations

from typing import Any, List, Tuple

import pytest

from sovl_core.events import Idle, Reply, Turn
from sovl_core.hookspecs import SOVLHookSpecs, hookimpl
from sovl_core.plugin import Plugin
from sovl_core.testing.recorder import HookRecorder, RecordingManager

pytestmark = pytest.mark.no_torch


class Louder(Plugin):
    name = "louder"
    stopped = False

    @hookimpl(wrapper=True)
    def on_generate(self, turn: Any) -> Any:
        reply = yield
        return Reply(reply.text + "!")

    @hookimpl
    def on_stop(self) -> None:
        self.stopped = True


@pytest.fixture
def recorded() -> Tuple[HookRecorder, RecordingManager]:
    recorder = HookRecorder()
    return recorder, RecordingManager(recorder, None, distributions=lambda: ())


def test_calls_are_written_down_in_order_with_argument_and_result(recorded: Any) -> None:
    recorder, manager = recorded
    manager.register(Louder())
    turn = Turn("hi")
    manager.start(lambda plugin, settings: None)
    manager.on_generate(turn, lambda request: Reply("Hello"))
    manager.on_idle(Idle(1.0))
    manager.stop()
    assert recorder.hooks == ["on_start", "on_generate", "on_idle", "on_stop"]
    (call,) = recorder.of("on_generate")
    assert call.argument is turn
    assert call.result.text == "Hello!"
    recorder.clear()
    assert recorder.hooks == []


def test_a_call_that_raises_is_written_down_too(recorded: Any) -> None:
    recorder, manager = recorded

    def fail(turn: Turn) -> Reply:
        raise OSError("out of memory")

    with pytest.raises(OSError, match="memory"):
        manager.on_generate(Turn("hi"), fail)
    assert recorder.hooks == ["on_generate"]


def test_every_hook_is_recorded() -> None:
    facade: List[str] = [name for name in vars(SOVLHookSpecs) if name.startswith("on_")]
    own = {*vars(RecordingManager), "on_start", "on_stop"}
    assert [name for name in facade if name not in own] == []


def test_a_misspelt_hook_is_no_empty_list(recorded: Any) -> None:
    with pytest.raises(ValueError, match="'on_genrate'"):
        recorded[0].of("on_genrate")


def test_a_plugin_can_be_switched_off_as_if_it_had_failed(recorded: Any) -> None:
    _, manager = recorded
    plugin = Louder()
    manager.register(plugin)
    manager.start(lambda plugin, settings: None)
    manager.switch_off("louder")
    assert plugin.stopped
    assert manager.on_generate(Turn("hi"), lambda request: Reply("Hello")).text == "Hello"
