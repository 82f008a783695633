"""A plugin that raises in a hook, strict mode, what is nobody's failure, calls within calls."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, Dict, List

import pytest

from sovl_core.error_handling import PluginError
from sovl_core.events import (
    DreamRequest,
    ErrorEvent,
    Feedback,
    Forgetting,
    Idle,
    JournalEntry,
    ModelRequest,
    NightInterrupted,
    Reply,
    Turn,
)
from sovl_core.hookspecs import hookimpl
from sovl_core.plugin import Plugin, PluginState
from sovl_core.plugin_kinds import hook_kinds
from sovl_core.plugin_manager import PluginManager, kernels_own
from tests.unit.plugin_manager.plugins import a_night, a_step, context, failing_in, generate, hosted, train

pytestmark = pytest.mark.no_torch

CALLS: Dict[str, Any] = {
    "on_generate": lambda m: m.on_generate(Turn("hello"), generate).text == "hello",
    "on_train_step": lambda m: "failed in on_train_step" in m.on_train_step(a_step(), train).skipped,
    "on_sleep": lambda m: m.on_sleep(a_night()) is None,
    "on_dream": lambda m: m.on_dream(DreamRequest()) == [],
    "on_idle": lambda m: m.on_idle(Idle(1.0)) == [],
    "on_commands": lambda m: m.on_commands() == [],
    "on_status": lambda m: m.on_status() == [],
    "on_feedback": lambda m: m.on_feedback(Feedback("rating")) is None,
    "on_forget": lambda m: m.on_forget(Forgetting([3])) is None,
    "on_journal": lambda m: m.on_journal(JournalEntry("x", "prompt")) is None,
    "on_start": lambda m: m.start(context) is None,
    "on_stop": lambda m: (m.start(context), m.stop()) == (None, None),
    "on_load_model": lambda m: m.on_load_model(ModelRequest("base", "x")) is None,
    "on_models_loaded": lambda m: m.on_models_loaded(object()) is None,
    "on_models_unloaded": lambda m: m.on_models_unloaded(object()) is None,
    "on_scaffold_context": lambda m: m.on_scaffold_context(object()) is None,
    "on_save_state": lambda m: m.on_save_state() == {},
    "on_load_state": lambda m: m.on_load_state({"fails": PluginState()}) is None,
    "on_error": lambda m: m.on_error(ErrorEvent("x", "y")) is None,
}


@pytest.mark.parametrize("hook", sorted(hook_kinds()))
def test_a_plugin_that_raises_in_a_hook_is_named_and_off_and_the_call_goes_on(hook: str) -> None:
    told: List[ErrorEvent] = []
    manager = PluginManager(None, on_failure=told.append, distributions=list)
    manager.register(failing_in(hook), "sovl-fails", "0.3")
    assert CALLS[hook](manager)
    assert not manager.infos()[0].enabled
    assert str(manager.failures[0]).startswith(f"plugin 'fails' (sovl-fails 0.3) failed in {hook}: ValueError: boom")
    assert (told[0].plugin, told[0].hook) == ("fails", hook)


@pytest.mark.parametrize("hook", sorted(name for name, kind in hook_kinds().items() if kind.result is None))
def test_what_is_returned_where_nothing_is_expected_is_not_lost_without_a_word(hook: str) -> None:
    manager = hosted(failing_in(hook, "return 'lost'"))
    assert CALLS[hook](manager)
    assert not manager.infos()[0].enabled
    assert f"failed in {hook}: TypeError: returned str where {hook} expects nothing" in str(manager.failures[0])


@pytest.mark.parametrize("hook", sorted(hook_kinds()))
def test_strict_mode_raises_instead(hook: str) -> None:
    manager = PluginManager(None, strict=True, distributions=list)
    manager.register(failing_in(hook), "sovl-fails", "0.3")
    with pytest.raises(PluginError, match=rf"plugin 'fails' \(sovl-fails 0\.3\) failed in {hook}: ValueError: boom"):
        CALLS[hook](manager)


def test_a_night_that_is_interrupted_is_nobodys_failure() -> None:
    class Sleeps(Plugin):
        name = "sleeps"

        @hookimpl
        def on_sleep(self, night: Any) -> Any:
            night.breathe()

    def breathe() -> None:
        raise NightInterrupted

    night = a_night()
    night.breathe = breathe
    manager = hosted(Sleeps())
    with pytest.raises(NightInterrupted):
        manager.on_sleep(night)
    assert manager.failures == []


def test_functions_of_the_kernel_that_fail_within_a_hook_are_nobodys_failure() -> None:
    def load() -> Any:
        raise FileNotFoundError("no weights")

    class Loads(Plugin):
        name = "loads"

        @hookimpl
        def on_start(self, context: Any) -> None:
            context.models()

    manager = hosted(Loads())
    with pytest.raises(FileNotFoundError):
        manager.start(lambda plugin, settings: SimpleNamespace(models=kernels_own(load)))  # type: ignore[arg-type,return-value]
    assert manager.failures == []


def test_a_plugin_may_call_hooks_itself() -> None:
    class Carries(Plugin):
        name = "carries"
        manager: Any = None

        @hookimpl(wrapper=True)
        def on_generate(self, turn: Any) -> Any:
            self.manager.on_scaffold_context(SimpleNamespace(influence=1.0))
            return (yield)

    plugin = Carries()
    plugin.manager = hosted(plugin, failing_in("on_scaffold_context"))
    assert plugin.manager.on_generate(Turn("hello"), generate).text == "hello"
    assert [failure.plugin for failure in plugin.manager.failures] == ["fails"]


def wrong_before(self: Any, turn: Any) -> Any:
    turn.prompt = 7
    return (yield)


def wrong_after(self: Any, turn: Any) -> Any:
    reply = yield
    reply.text = None
    return reply


def wrong_reply(self: Any, turn: Any) -> Any:
    yield
    return Reply(7)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("hook", "error"),
    [(wrong_before, "Turn.prompt is int"), (wrong_after, "Reply.text is"), (wrong_reply, "Reply.text")],
)
def test_what_a_wrapper_leaves_in_a_field_fails_in_its_own_name(hook: Any, error: str) -> None:
    plugin = type("Leaves", (Plugin,), {"name": "leaves", "on_generate": hookimpl(wrapper=True)(hook)})()
    manager = hosted(plugin)
    assert manager.on_generate(Turn("hello"), generate).text == "hello"
    assert f"failed in on_generate: TypeError: {error}" in str(manager.failures[0])


@pytest.mark.parametrize("then", ["", "; 1 / 0"])
def test_what_a_hook_leaves_in_a_field_fails_in_its_own_name(then: str) -> None:
    request = ModelRequest("base", "there")
    manager = hosted(failing_in("on_load_model", f"request.path = request.arguments = 7{then}"))
    manager.on_load_model(request)
    assert (request.path, request.arguments) == ("there", {})
    error = "ZeroDivisionError" if then else "TypeError: ModelRequest.path is int and has to be str"
    assert f"failed in on_load_model: {error}" in str(manager.failures[0])
