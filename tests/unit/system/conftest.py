"""A plugin that takes part in everything the system delegates."""

from __future__ import annotations

from typing import Any, List, Type

import pytest

from sovl_core.events import (
    Dream,
    DreamRequest,
    Idle,
    Night,
    NightReport,
    Utterance,
)
from sovl_core.hookspecs import hookimpl
from sovl_core.plugin import Command, CommandOption, Plugin, PluginContext, PluginState


class Everything(Plugin):
    """Implements what the system delegates and writes down what it was called with."""

    name = "everything"

    def __init__(self) -> None:
        self.events: List[str] = []
        self.context: Any = None
        self.in_night: Any = lambda night: None

    @hookimpl
    def on_start(self, context: PluginContext) -> None:
        self.context = context
        self.events.append("start")

    @hookimpl
    def on_stop(self) -> None:
        self.events.append("stop")

    @hookimpl
    def on_load_state(self, state: PluginState) -> None:
        self.events.append(f"load {state.values}")

    @hookimpl
    def on_save_state(self, state: PluginState) -> None:
        self.events.append("save")
        state.values["saved"] = True

    @hookimpl
    def on_models_loaded(self, models: Any) -> None:
        self.events.append("models loaded")

    @hookimpl
    def on_models_unloaded(self, models: Any) -> None:
        self.events.append("models unloaded")

    @hookimpl
    def on_idle(self, idle: Idle) -> Any:
        self.events.append("idle")
        if idle.seconds > 30:
            idle.wants_sleep = "much has gathered"
        return Utterance("What is your dog called?") if idle.may_speak else None

    @hookimpl
    def on_sleep(self, night: Night) -> NightReport:
        self.events.append("sleep")
        self.in_night(night)
        return NightReport("accepted", learned=[memory.id for memory in night.memories])

    @hookimpl
    def on_dream(self, request: DreamRequest) -> List[Dream]:
        return [Dream("question", memory.prompt, "yes", [memory.id]) for memory in request.memories]

    @hookimpl
    def on_commands(self) -> List[Command]:
        far = CommandOption("far", bool)
        return [Command("look", "Look.", lambda words, options: f"saw {words} {options}", options=(far,))]


@pytest.fixture
def everything() -> Type[Everything]:
    return Everything


@pytest.fixture
def plugin() -> Everything:
    return Everything()
