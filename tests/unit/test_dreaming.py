from __future__ import annotations

import threading
from typing import Any, List

import pytest

from sovl_core.dreaming import Dreaming
from sovl_core.error_handling import SOVLError
from sovl_core.events import Dream, DreamRequest, NightInterrupted
from sovl_core.hookspecs import hookimpl
from sovl_core.model_gate import ModelGate
from sovl_core.model_host import ModelHost
from sovl_core.plugin import Plugin


class Dreams(Plugin):
    name = "dreams"

    def __init__(self) -> None:
        self.requests: List[DreamRequest] = []
        self.during: Any = lambda request: None

    @hookimpl
    def on_dream(self, request: DreamRequest) -> List[Dream]:
        self.requests.append(request)
        self.during(request)
        return [Dream("question", f"about {memory.prompt}?", "yes", [memory.id]) for memory in request.memories]


class World:
    def __init__(self, journal: Any, hooks: Any, load: Any, read_only: bool = False) -> None:
        self.stopping = False
        self.hooks, self.gate = hooks, ModelGate()
        self.host = ModelHost(load, hooks, self.gate, lambda models: None)
        self.dreaming = Dreaming(journal, hooks, self.host, self.gate, lambda: self.stopping, read_only)
        self.dream = self.dreaming.dream


@pytest.fixture
def world_of(journal: Any, manager: Any, linear_models: Any) -> Any:
    return lambda *plugins, **options: World(journal, manager(*plugins), linear_models, **options)


def test_what_no_night_has_learned_is_dreamed_about_first(journal: Any, world_of: Any) -> None:
    episode = journal.begin_episode("a fact", "c")
    plugin = Dreams()
    dreams = world_of(plugin).dream(per_memory=3)
    assert [(dream.prompt, dream.writer, dream.parents) for dream in dreams] == [
        ("about a fact?", "dreams", [episode.id])
    ]
    assert plugin.requests[0].per_memory == 3
    assert [dream.id for dream in dreams] == [dream.id for dream in journal.dreams()]


def test_when_all_is_learned_the_latest_is_dreamed_about(journal: Any, world_of: Any) -> None:
    episode = journal.begin_episode("a fact", "c")
    number = journal.open_night(None, "command", {})
    journal.accept_night(number, "accepted", [episode.id], {})
    assert [dream.parents for dream in world_of(Dreams()).dream()] == [[episode.id]]


def test_a_reader_keeps_no_dream(journal: Any, world_of: Any) -> None:
    journal.begin_episode("a fact", "c")
    dreams = world_of(Dreams(), read_only=True).dream()
    assert [dream.id for dream in dreams] == [None]
    assert journal.dreams() == []


def test_chosen_memories_only(journal: Any, world_of: Any) -> None:
    episodes = [journal.begin_episode(f"fact {n}", "c") for n in range(3)]
    dreams = world_of(Dreams()).dream(episodes[:1])
    assert [dream.parents for dream in dreams] == [[episodes[0].id]]


def test_without_a_plugin_that_dreams_it_says_what_to_install(journal: Any, world_of: Any) -> None:
    with pytest.raises(SOVLError, match=r"No plugin dreams.*pip install"):
        world_of().dream()


def test_somebody_who_speaks_meanwhile_is_answered_with_what_was_learned(journal: Any, world_of: Any) -> None:
    journal.begin_episode("a fact", "c")
    plugin, seen = Dreams(), []
    world = world_of(plugin)
    models = world.host.get()

    def turn() -> None:
        with world.gate.turn():
            seen.append(models.scaffold_enabled)

    def during(request: DreamRequest) -> None:
        thread = threading.Thread(target=turn)
        thread.start()
        with models.bypass():
            while thread.is_alive():
                request.breathe()
                thread.join(0.005)
            assert not models.scaffold_enabled

    plugin.during = during
    assert len(world.dream()) == 1
    assert seen == [True]
    assert world.hooks.failures == []


def test_a_dream_gives_way_before_any_model_is_loaded(journal: Any, world_of: Any) -> None:
    journal.begin_episode("a fact", "c")
    plugin, answered = Dreams(), threading.Event()
    world = world_of(plugin)

    def turn() -> None:
        with world.gate.turn():
            answered.set()

    def during(request: DreamRequest) -> None:
        threading.Thread(target=turn).start()
        while not answered.is_set():
            request.breathe()
            answered.wait(0.005)

    plugin.during = during
    world.dream()
    assert not world.host.loaded


@pytest.mark.parametrize("who", ["the life", "the user"])
def test_a_dream_ends_early_when_it_is_told_to(journal: Any, world_of: Any, who: str) -> None:
    journal.begin_episode("a fact", "c")
    plugin = Dreams()
    plugin.during = lambda request: request.breathe()
    world = world_of(plugin)
    world.stopping = who == "the life"

    def breathe() -> None:
        if who == "the user":
            raise NightInterrupted("stopped by the user")

    with pytest.raises(NightInterrupted):
        world.dream(breathe=breathe)
    assert world.hooks.failures == []
    assert world.gate.work is None
    assert journal.dreams() == []
