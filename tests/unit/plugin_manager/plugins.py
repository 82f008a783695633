"""Plugins to be managed: one with every hook, one that fails in any; what managers are called with."""

from __future__ import annotations

import inspect
import random
from types import SimpleNamespace
from typing import Any, List, Optional

from sovl_core.events import Dream, Night, NightReport, Reply, StepResult, TrainStep, Turn, Utterance
from sovl_core.hookspecs import SOVLHookSpecs, hookimpl
from sovl_core.plugin import Command, Plugin, PluginSettings, StatusPanel
from sovl_core.plugin_manager import PluginManager
from sovl_core.system_logging import ThreadSafeLogger


class Size(PluginSettings):
    size: int = 1


class Everything(Plugin):
    """Implements every hook and notes each call."""

    name = "everything"
    settings_model = Size

    def __init__(self, note: Optional[List[Any]] = None) -> None:
        self.note: List[Any] = [] if note is None else note

    @hookimpl(wrapper=True)
    def on_generate(self, turn: Any) -> Any:
        turn.prompt += "!"
        reply = yield
        reply.text += "?"
        return reply

    @hookimpl(wrapper=True)
    def on_train_step(self, step: Any) -> Any:
        step.loss_terms["extra"] = lambda step: 1.0
        return (yield)

    @hookimpl
    def on_sleep(self, night: Any) -> Any:
        return NightReport("accepted", number=night.number)

    @hookimpl
    def on_dream(self, request: Any) -> Any:
        return [Dream("rewrite", "p", "c"), Dream("replay", "p", "c", writer="somebody")]

    @hookimpl
    def on_feedback(self, feedback: Any) -> None:
        self.note.append(feedback)

    @hookimpl
    def on_forget(self, forgetting: Any) -> None:
        self.note.append(forgetting)

    @hookimpl
    def on_journal(self, entry: Any) -> None:
        entry.text = entry.text.replace("1234", "****")

    @hookimpl
    def on_start(self, context: Any) -> None:
        self.note.append(context)

    @hookimpl
    def on_stop(self) -> None:
        self.note.append(f"{self.name} stops")

    @hookimpl
    def on_load_model(self, request: Any) -> None:
        request.arguments["dtype"] = "int8"

    @hookimpl
    def on_models_loaded(self, models: Any) -> None:
        self.note.append(("loaded", models))

    @hookimpl
    def on_models_unloaded(self, models: Any) -> None:
        self.note.append(("unloaded", models))

    @hookimpl
    def on_scaffold_context(self, scaffold_context: Any) -> None:
        scaffold_context.influence *= 0.5

    @hookimpl
    def on_idle(self, idle: Any) -> Any:
        return Utterance("Why?")

    @hookimpl
    def on_commands(self) -> Any:
        return [Command("dream", "Dream now.", lambda words, options: "dreamt")]

    @hookimpl
    def on_status(self) -> Any:
        return StatusPanel("Everything", {"fine": True})

    @hookimpl
    def on_save_state(self, state: Any) -> None:
        state.values["noted"] = len(self.note)

    @hookimpl
    def on_load_state(self, state: Any) -> None:
        self.note.append(state)

    @hookimpl
    def on_error(self, error: Any) -> None:
        self.note.append(error)


def hosted(*plugins: Plugin, **options: Any) -> PluginManager:
    manager = PluginManager(ThreadSafeLogger(None), distributions=list, **options)
    for plugin in plugins:
        manager.register(plugin)
    return manager


def context(plugin: Plugin, settings: Any) -> Any:
    return SimpleNamespace(name=plugin.name, settings=settings)


def a_night() -> Night:
    folder: Any = None
    models: Any = None
    return Night(3, None, [], [], models, folder, random.Random(0))


def a_step() -> TrainStep:
    nothing: Any = None
    return TrainStep(nothing, nothing)


def train(step: TrainStep) -> StepResult:
    return StepResult(loss=sum((float(term(step)) for term in step.loss_terms.values()), 0.5))


def generate(turn: Turn) -> Reply:
    return Reply(turn.prompt)


def pair() -> Any:
    note: List[Any] = []
    first, second = Everything(note), Everything(note)
    first.name, second.name = "a", "b"
    return note, first, second


def failing_in(hook: str, body: str = "raise ValueError('boom')") -> Plugin:
    """Return a plugin whose only hook is ``hook``, and which raises in it, or does what else ``body`` says."""
    arguments = ", ".join(list(inspect.signature(getattr(SOVLHookSpecs, hook)).parameters))
    space: Any = {"hookimpl": hookimpl}
    exec(f"@hookimpl\ndef {hook}({arguments}): {body}", space)
    return type("Fails", (Plugin,), {"name": "fails", hook: space[hook]})()  # type: ignore[no-any-return]
