"""The facade: every hook through a real plugin, beginning and end, state, settings, timing, trace."""

from __future__ import annotations

import inspect
import random
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Dict, Iterator, List, Optional

import pytest

from sovl_core.error_handling import ConfigError, PluginError
from sovl_core.events import (
    Dream,
    DreamRequest,
    ErrorEvent,
    Feedback,
    Forgetting,
    Idle,
    JournalEntry,
    ModelRequest,
    Night,
    NightInterrupted,
    NightReport,
    Reply,
    StepResult,
    TrainStep,
    Turn,
    Utterance,
)
from sovl_core.hookspecs import SOVLHookSpecs, hookimpl
from sovl_core.plugin import Command, Plugin, PluginSettings, PluginState, StatusPanel
from sovl_core.plugin_kinds import hook_kinds
from sovl_core.plugin_manager import PluginManager, PluginSelection, kernels_own
from sovl_core.system_logging import ThreadSafeLogger

pytestmark = pytest.mark.no_torch


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


def test_the_facade_has_a_method_for_every_hook() -> None:
    facade = {name for name, _ in inspect.getmembers(PluginManager, inspect.isfunction) if name.startswith("on_")}
    assert facade | {"on_start", "on_stop"} == set(hook_kinds())
    for name in facade:
        expected = list(inspect.signature(getattr(SOVLHookSpecs, name)).parameters)[1:]
        given = list(inspect.signature(getattr(PluginManager, name)).parameters)[1:]
        assert given[: len(expected)] == expected or name in ("on_save_state", "on_load_state")


# Every hook


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


# Beginning and end


def pair() -> Any:
    note: List[Any] = []
    first, second = Everything(note), Everything(note)
    first.name, second.name = "a", "b"
    return note, first, second


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


# Failures in every hook

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


def failing_in(hook: str) -> Plugin:
    """Return a plugin whose only hook is ``hook``, and which raises in it."""
    arguments = ", ".join(list(inspect.signature(getattr(SOVLHookSpecs, hook)).parameters))
    space: Any = {"hookimpl": hookimpl}
    exec(f"@hookimpl\ndef {hook}({arguments}): raise ValueError('boom')", space)
    return type("Fails", (Plugin,), {"name": "fails", hook: space[hook]})()  # type: ignore[no-any-return]


@pytest.mark.parametrize("hook", sorted(hook_kinds()))
def test_a_plugin_that_raises_in_a_hook_is_named_and_off_and_the_call_goes_on(hook: str) -> None:
    told: List[ErrorEvent] = []
    manager = PluginManager(None, on_failure=told.append, distributions=list)
    manager.register(failing_in(hook), "sovl-fails", "0.3")
    assert CALLS[hook](manager)
    assert not manager.infos()[0].enabled
    assert str(manager.failures[0]).startswith(f"plugin 'fails' (sovl-fails 0.3) failed in {hook}: ValueError: boom")
    assert (told[0].plugin, told[0].hook) == ("fails", hook)


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


# State


def test_each_plugin_saves_and_loads_its_own_namespace() -> None:
    note, first, second = pair()
    manager = hosted(first, second)
    states = manager.on_save_state()
    assert states == {"a": PluginState({"noted": 0}), "b": PluginState({"noted": 0})}
    manager.on_load_state({"b": states["b"], "absent": PluginState({"kept": 1})})
    assert note == [states["b"]]


@pytest.mark.parametrize("value", [object(), {1, 2}, b"bytes"])
def test_values_that_json_cannot_hold_are_the_plugins_failure(value: Any) -> None:
    class Hoards(Plugin):
        name = "hoards"

        @hookimpl
        def on_save_state(self, state: Any) -> None:
            state.values["thing"] = value

    manager = hosted(Hoards(), Everything())
    assert set(manager.on_save_state()) == {"everything"}
    assert manager.failures[0].hook == "on_save_state"
    assert manager.failures[0].error.startswith("TypeError: ")


# What is told about plugins


def _named(name: str, **declared: Any) -> Plugin:
    return type(name, (Plugin,), {"name": name, **declared})()


def test_infos_stand_in_calling_order_and_provenance_names_origins() -> None:
    class After(Plugin):
        name = "a"
        after = ("x",)

    class Provides(Plugin):
        name = "b"
        provides = ("x",)

    manager = PluginManager(None, distributions=list)
    manager.register(After(), "sovl-a", "1.0")
    manager.register(Provides(), "sovl-b", "2.0")
    manager.register(failing_in("on_status"))
    manager.on_status()
    assert [(info.name, info.enabled) for info in manager.infos()] == [("b", True), ("a", True), ("fails", False)]
    assert manager.provenance() == {"b": "sovl-b 2.0", "a": "sovl-a 1.0"}


def test_the_order_is_told_with_its_reasons_and_what_depends_on_whom() -> None:
    manager = PluginManager(None, distributions=list)
    manager.register(_named("below", provides=("x",)))
    manager.register(_named("above", requires=("x",)))
    assert [(place.name, place.why) for place in manager.order()] == [
        ("below", ()),
        ("above", ("above is after 'x', which below provides",)),
    ]
    assert manager.dependants("below") == ["above"]


def test_plugins_and_settings_are_found_by_name() -> None:
    plugin = Everything()
    manager = PluginManager(None, distributions=list)
    manager.register(plugin, settings={"size": 5})
    assert manager.get("everything") is plugin
    assert manager.settings("everything").size == 5
    with pytest.raises(PluginError, match=r"no plugin named 'everythin' is installed\. Did you mean everything\?"):
        manager.get("everythin")


def test_settings_change_in_place_for_whoever_holds_them() -> None:
    manager = hosted(Everything())
    held = manager.settings("everything")
    assert manager.change_setting("everything", "size", "7") is True
    assert held.size == 7
    with pytest.raises(ConfigError, match=r"plugins\.everything\.sice: .* Did you mean plugins\.everything\.size\?"):
        manager.change_setting("everything", "sice", 1)


def test_an_earlier_change_is_kept_by_a_later_one() -> None:
    class Pair(PluginSettings):
        low: int = 0
        high: int = 0

    class Pairs(Plugin):
        name = "pairs"
        settings_model = Pair

    manager = hosted(Pairs())
    manager.change_setting("pairs", "low", 1)
    manager.change_setting("pairs", "high", 2)
    assert manager.settings("pairs") == Pair(low=1, high=2)


# Time and trace


def test_time_is_kept_by_plugin_and_hook_without_what_is_inside() -> None:
    now = [0.0]

    def generate_slowly(turn: Turn) -> Reply:
        now[0] += 100.0
        return Reply("x")

    class Slow(Plugin):
        name = "slow"

        @hookimpl(wrapper=True)
        def on_generate(self, turn: Any) -> Any:
            now[0] += 1.0
            reply = yield
            now[0] += 2.0
            return reply

    manager = hosted(Slow(), timer=lambda: now[0])
    manager.on_generate(Turn("hello"), generate_slowly)
    manager.on_generate(Turn("hello"), generate_slowly)
    assert manager.timings() == {"slow": {"on_generate": (2, 6.0)}}


def test_the_trace_shows_calls_order_time_and_failures() -> None:
    lines: List[str] = []
    _, first, second = pair()
    manager = hosted(second, first, failing_in("on_generate"), trace=lines.append, timer=lambda: 0.0)
    manager.on_generate(Turn("hello"), generate)
    assert lines == [
        "on_generate",
        "  a begins 0.000 ms",
        "  b begins 0.000 ms",
        "  fails runs 0.000 ms",
        "  fails failed: ValueError('boom')",
        "  kernel runs 0.000 ms: Reply 'hello!!'",
        "  b ends 0.000 ms: Reply 'hello!!?'",
        "  a ends 0.000 ms: Reply 'hello!!??'",
        "on_generate took 0.000 ms",
    ]


# From an installed distribution to a reply


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    source = (
        "from sovl_core import Plugin, hookimpl\n"
        "class Shout(Plugin):\n"
        "    name = 'manager_probe'\n"
        "    @hookimpl(wrapper=True)\n"
        "    def on_generate(self, turn):\n"
        "        reply = yield\n"
        "        reply.text = reply.text.upper()\n"
        "        return reply\n"
    )
    info = tmp_path / "sovl_manager_probe-0.2.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: sovl-manager-probe\nVersion: 0.2\n", encoding="utf-8")
    (info / "entry_points.txt").write_text("[sovl]\nmanager_probe = sovl_manager_probe:Shout\n", encoding="utf-8")
    (tmp_path / "sovl_manager_probe.py").write_text(source, encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    yield tmp_path
    sys.modules.pop("sovl_manager_probe", None)


def test_an_installed_plugin_takes_part_in_a_turn(installed: Path) -> None:
    manager = PluginManager(ThreadSafeLogger(None))
    manager.load(PluginSelection(only=["manager_probe"]), {})
    assert manager.on_generate(Turn("hello"), generate).text == "HELLO"
    assert manager.provenance() == {"manager_probe": "sovl-manager-probe 0.2"}
    assert manager.problems == []


def test_switched_off_is_as_if_not_installed(installed: Path) -> None:
    manager = PluginManager(ThreadSafeLogger(None))
    manager.load(PluginSelection(only=[]), {})
    assert manager.on_generate(Turn("hello"), generate).text == "hello"
    assert manager.provenance() == {}
    assert "sovl_manager_probe" not in sys.modules
