"""A method for every hook, and what each returns, through a real plugin."""

from __future__ import annotations

import inspect
from types import SimpleNamespace
from typing import Any

import pytest

from sovl_core.events import (
    DreamRequest,
    ErrorEvent,
    Feedback,
    Forgetting,
    Idle,
    JournalEntry,
    ModelRequest,
    NightReport,
    Turn,
    Utterance,
)
from sovl_core.hookspecs import SOVLHookSpecs, hookimpl
from sovl_core.plugin import Plugin, StatusPanel
from sovl_core.plugin_kinds import hook_kinds
from sovl_core.plugin_manager import PluginManager
from tests.unit.plugin_manager.plugins import Everything, a_night, a_step, generate, hosted, train

pytestmark = pytest.mark.no_torch


def test_the_facade_has_a_method_for_every_hook() -> None:
    facade = {name for name, _ in inspect.getmembers(PluginManager, inspect.isfunction) if name.startswith("on_")}
    assert facade | {"on_start", "on_stop"} == set(hook_kinds())
    for name in facade:
        expected = list(inspect.signature(getattr(SOVLHookSpecs, name)).parameters)[1:]
        given = list(inspect.signature(getattr(PluginManager, name)).parameters)[1:]
        assert given[: len(expected)] == expected or name in ("on_save_state", "on_load_state")


def test_on_generate() -> None:
    assert hosted(Everything()).on_generate(Turn("hello"), generate).text == "hello!?"


def test_on_train_step() -> None:
    assert hosted(Everything()).on_train_step(a_step(), train).loss == 1.5


def test_on_sleep() -> None:
    assert hosted(Everything()).on_sleep(a_night()) == NightReport("accepted", number=3)
    assert hosted().on_sleep(a_night()) is None


def test_on_dream_names_the_writer() -> None:
    assert [dream.writer for dream in hosted(Everything()).on_dream(DreamRequest())] == ["everything", "somebody"]


def test_on_idle_names_the_source() -> None:
    assert hosted(Everything()).on_idle(Idle(3.0)) == [Utterance("Why?", source="everything")]


def test_on_commands_and_on_status_name_the_plugin() -> None:
    manager = hosted(Everything())
    assert [(plugin, command.name) for plugin, command in manager.on_commands()] == [("everything", "dream")]
    assert manager.on_status() == [("everything", StatusPanel("Everything", {"fine": True}))]


def test_hooks_that_tell() -> None:
    plugin = Everything()
    manager = hosted(plugin)
    feedback, error, forgetting = Feedback("rating", 1.0), ErrorEvent("plugin", "boom"), Forgetting([3])
    request, scaffold = ModelRequest("base", "x"), SimpleNamespace(influence=1.0)
    manager.on_feedback(feedback)
    manager.on_error(error)
    manager.on_forget(forgetting)
    manager.on_load_model(request)
    manager.on_scaffold_context(scaffold)
    assert plugin.note == [feedback, error, forgetting]
    assert request.arguments == {"dtype": "int8"}
    assert scaffold.influence == 0.5


def test_words_on_their_way_into_the_journal() -> None:
    entry = JournalEntry("The code is 1234", "prompt")
    hosted(Everything()).on_journal(entry)
    assert entry.text == "The code is ****"


def test_whoever_makes_words_into_something_else_is_named() -> None:
    class Empties(Plugin):
        name = "empties"

        @hookimpl
        def on_journal(self, entry: Any) -> None:
            entry.text = None

    manager, entry = hosted(Empties()), JournalEntry("Hello", "prompt")
    manager.on_journal(entry)
    assert entry.text == "Hello"
    assert "text of a journal entry is a str, not NoneType" in str(manager.failures[0])
