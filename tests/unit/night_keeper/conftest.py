"""A keeper of nights with a plugin that lives them as a test says, on a journal and nothing else that is kept."""

from __future__ import annotations

from typing import Any, Callable, Dict, List, Optional

import pytest

from sovl_core.events import Night, NightInterrupted, NightReport
from sovl_core.hookspecs import hookimpl
from sovl_core.model_gate import ModelGate
from sovl_core.model_host import ModelHost
from sovl_core.night_keeper import NightKeeper
from sovl_core.night_weights import NightWeights
from sovl_core.plugin import Plugin, PluginState
from sovl_core.settings import SystemConfig


class Sleeper(Plugin):
    """Lives each night by calling ``live``; by default learns every memory and fills the adapter with the number."""

    name = "sleeper"

    def __init__(self) -> None:
        self.nights: List[Night] = []
        self.live: Optional[Callable[[Night], Optional[NightReport]]] = None

    @hookimpl
    def on_sleep(self, night: Night) -> Optional[NightReport]:
        self.nights.append(night)
        if self.live is not None:
            return self.live(night)
        fill(night.models, float(night.number))
        return NightReport("accepted", learned=[memory.id for memory in night.memories])


class State:
    def __init__(self) -> None:
        self.calls: List[Any] = []

    def gather(self) -> Dict[str, PluginState]:
        return {"sleeper": PluginState({"slept": True})}

    def wake(self, characters: int) -> None:
        self.calls.append(("wake", characters))

    def learned(self, characters: int) -> None:
        self.calls.append(("learned", characters))

    def take_back(self, states: Dict[str, PluginState]) -> None:
        self.calls.append(("take_back", {name: state.values for name, state in states.items()}))


def fill(models: Any, value: float) -> None:
    import torch

    with torch.no_grad():
        models.trainables["adapter"].module.weight.fill_(value)


class World:
    def __init__(self, journal: Any, store: Any, manager: Any, load: Any) -> None:
        self.journal, self.store, self.manager, self.load = journal, store, manager, load
        self.state, self.plugin, self.gate, self.stopping = State(), Sleeper(), ModelGate(), False
        self.warnings: List[str] = []
        self.open(self.plugin)

    def open(self, *plugins: Plugin) -> None:
        """Begin a session with these plugins."""
        self.hooks = self.manager(*plugins)
        self.weights = NightWeights(self.journal, self.store, None, self.warnings.append)
        self.host = ModelHost(self.load, self.hooks, self.gate, self.weights.wake)
        self.keeper = NightKeeper(
            SystemConfig(),
            self.journal,
            self.hooks,
            self.host,
            self.gate,
            self.weights,
            self.store,
            self.state,
            None,
            lambda: self.stopping,
        )

    def tell(self, *texts: str) -> List[int]:
        return [self.journal.begin_episode(text, "c").id for text in texts]

    def value(self) -> float:
        return float(self.host.get().trainables["adapter"].module.weight.detach()[0, 0])

    def statuses(self) -> List[str]:
        return [night.status for night in self.journal.nights()]

    def fill(self, models: Any, value: float) -> None:
        """Let the adapter be this number through and through."""
        fill(models, value)

    def interrupt(self, **options: Any) -> None:
        """Begin a night that is interrupted at once."""
        self.plugin.live = lambda night: (_ for _ in ()).throw(NightInterrupted())
        with pytest.raises(NightInterrupted):
            self.keeper.sleep("command", **options)
        self.plugin.live = None


@pytest.fixture
def world(journal: Any, memory_store: Any, manager: Any, linear_models: Any) -> World:
    return World(journal, memory_store, manager, linear_models)
