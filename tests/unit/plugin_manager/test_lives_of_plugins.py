"""Starting and stopping plugins, attaching them to models and detaching them."""

from __future__ import annotations

from typing import Any, List

import pytest

from sovl_core.events import Feedback
from sovl_core.hookspecs import hookimpl
from sovl_core.plugin import Plugin
from tests.unit.plugin_manager.plugins import Everything, Size, context, hosted, pair

pytestmark = pytest.mark.no_torch


def test_each_plugin_starts_with_its_own_context_and_they_stop_backwards() -> None:
    note, first, second = pair()
    manager = hosted(first, second)
    manager.start(context)
    assert [(started.name, started.settings) for started in note] == [("a", Size()), ("b", Size())]
    del note[:]
    manager.stop()
    assert note == ["b stops", "a stops"]


def test_nobody_is_started_or_stopped_twice() -> None:
    note, first, second = pair()
    manager = hosted(first)
    manager.stop()
    manager.start(context)
    manager.register(second)
    manager.start(context)
    assert [started.name for started in note] == ["a", "b"]
    manager.stop()
    manager.stop()
    assert note[2:] == ["b stops", "a stops"]


def test_a_plugin_without_on_start_is_stopped_all_the_same() -> None:
    note: List[str] = []

    class Stops(Plugin):
        name = "stops"

        @hookimpl
        def on_stop(self) -> None:
            note.append("stopped")

    manager = hosted(Stops())
    manager.start(context)
    manager.stop()
    assert note == ["stopped"]


def test_what_making_a_context_raises_is_the_kernels() -> None:
    manager = hosted(Everything())

    def fail(plugin: Plugin, settings: Any) -> Any:
        raise RuntimeError("no disk")

    with pytest.raises(RuntimeError, match="no disk"):
        manager.start(fail)
    assert manager.infos()[0].enabled


def test_a_plugin_that_fails_to_start_is_stopped_and_off() -> None:
    class Fails(Everything):
        @hookimpl
        def on_start(self, context: Any) -> None:
            raise RuntimeError("boom")

    plugin = Fails()
    manager = hosted(plugin)
    manager.start(context)
    assert plugin.note == ["everything stops"]
    manager.stop()
    assert plugin.note == ["everything stops"]
    assert manager.infos()[0].reason == "failed in on_start: RuntimeError: boom"


def test_models_are_attached_in_order_and_detached_backwards() -> None:
    note, first, second = pair()
    manager = hosted(first, second)
    models: Any = object()
    manager.on_models_loaded(models)
    manager.on_models_unloaded(models)
    assert note == [("loaded", models)] * 2 + [("unloaded", models)] * 2


def test_a_plugin_that_fails_is_detached_from_the_models_at_once() -> None:
    class Fails(Everything):
        @hookimpl
        def on_feedback(self, feedback: Any) -> None:
            raise RuntimeError("boom")

    plugin = Fails()
    manager = hosted(plugin)
    models: Any = object()
    manager.on_models_loaded(models)
    manager.on_feedback(Feedback("rating"))
    assert plugin.note == [("loaded", models), ("unloaded", models)]
    manager.on_models_unloaded(models)
    assert len(plugin.note) == 2


def test_a_plugin_that_fails_half_attached_is_detached() -> None:
    class Fails(Everything):
        @hookimpl
        def on_models_loaded(self, models: Any) -> None:
            raise RuntimeError("half")

    plugin = Fails()
    hosted(plugin).on_models_loaded(object())  # type: ignore[arg-type]
    assert [entry[0] for entry in plugin.note] == ["unloaded"]
