from __future__ import annotations

import threading
from typing import Any, List

import pytest

from sovl_core.error_handling import SOVLError
from sovl_core.events import Reply, Turn
from sovl_core.hookspecs import hookimpl
from sovl_core.parts import Parts
from sovl_core.plugin import Plugin, PluginContext
from sovl_core.settings import SystemConfig
from sovl_core.system_logging import ThreadSafeLogger


class Keeps(Plugin):
    name = "keeps"

    def __init__(self) -> None:
        self.context: Any = None

    @hookimpl
    def on_start(self, context: PluginContext) -> None:
        self.context = context

    @hookimpl(wrapper=True)
    def on_generate(self, turn: Turn) -> Any:
        turn.prompt = turn.prompt.upper()
        reply = yield
        reply.text += "!"
        return reply


@pytest.fixture
def parts_of(tmp_path: Any, journal: Any, memory_store: Any, manager: Any, linear_models: Any, clock: Any) -> Any:
    from sovl_core.collaborators import Collaborators
    from sovl_core.life import Life

    def build(*plugins: Plugin, load: Any = linear_models) -> Any:
        def reply(models: Any, turn: Turn, settings: Any) -> Reply:
            assert settings is given.config.generation
            return Reply(turn.prompt, finish_reason="repetition" if "again" in turn.prompt.lower() else "stop")

        given = Collaborators(
            life=Life(tmp_path / "life"),
            config=SystemConfig(),
            journal=journal,
            logger=ThreadSafeLogger(None),
            plugins=manager(*plugins),
            night_store=memory_store,
            load_models=load,
            generate_reply=reply,
            clock=clock,
        )
        parts = Parts(given)
        given.plugins.start(parts.make_context)
        return parts

    return build


def test_plugins_stand_around_the_kernels_own_generation(parts_of: Any) -> None:
    plugin = Keeps()
    assert parts_of(plugin).answer(Turn("hello")).text == "HELLO!"
    assert plugin.context.generate(Turn("hi")).text == "HI!"


def test_what_the_kernel_raises_through_a_plugin_is_not_the_plugins_fault(parts_of: Any) -> None:
    def load() -> Any:
        raise SOVLError("there is no such model")

    class Asks(Keeps):
        @hookimpl
        def on_save_state(self, state: Any) -> None:
            self.context.models()

    plugin = Asks()
    parts = parts_of(plugin, load=load)
    with pytest.raises(SOVLError, match="no such model"):
        parts.state.gather()
    assert plugin.context.hooks.failures == []


def test_each_plugin_draws_its_own_numbers_the_same_every_time(parts_of: Any) -> None:
    class Another(Keeps):
        name = "another"

    def draws() -> List[float]:
        plugins = (Keeps(), Another())
        parts_of(*plugins)
        return [plugin.context.rng.random() for plugin in plugins]

    first = draws()
    assert first[0] != first[1]
    assert draws() == first


def test_one_lock_is_around_answers_and_loading(parts_of: Any) -> None:
    parts = parts_of()
    answered: List[str] = []
    with parts.gate.turn():
        thread = threading.Thread(target=lambda: answered.append(parts.answer(Turn("hello")).text))
        thread.start()
        thread.join(0.05)
        assert answered == []
    thread.join(10.0)
    assert answered == ["hello"]


def test_a_reply_that_was_cut_at_a_repetition_is_in_the_log(parts_of: Any) -> None:
    parts = parts_of()
    parts.answer(Turn("once"))
    parts.answer(Turn("again and again", episode=3))
    cut = [entry for entry in parts._given.logger.read() if entry["event"] == "repetition_cut"]
    # Not what was said: the log is not where words are kept that somebody may want forgotten.
    assert [{**entry, "time": 0} for entry in cut] == [
        {"time": 0, "level": "info", "event": "repetition_cut", "purpose": "reply", "episode": 3, "tokens": 0}
    ]
