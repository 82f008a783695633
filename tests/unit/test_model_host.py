from __future__ import annotations

import threading
from typing import Any, List

import pytest

from sovl_core.error_handling import ModelNotFound, SOVLError
from sovl_core.hookspecs import hookimpl
from sovl_core.model_gate import ModelGate
from sovl_core.model_host import ModelHost
from sovl_core.plugin import Plugin

# Reached only where something is wrong, however slow the machine.
WAIT = 120.0


class Watcher(Plugin):
    """Registers a trainable of its own and writes down what it is told."""

    name = "watcher"

    def __init__(self, events: List[str]) -> None:
        self.events = events

    @hookimpl
    def on_models_loaded(self, models: Any) -> None:
        import torch

        self.events.append("loaded")
        own = torch.nn.Linear(1, 1, bias=False)
        torch.nn.init.zeros_(own.weight)
        models.register_trainable("own", own)

    @hookimpl
    def on_models_unloaded(self, models: Any) -> None:
        self.events.append("unloaded")
        models.unregister_trainable("own")


@pytest.fixture
def events() -> List[str]:
    return []


@pytest.fixture
def gate() -> ModelGate:
    return ModelGate()


def host_of(load: Any, manager: Any, gate: ModelGate, events: List[str]) -> ModelHost:
    return ModelHost(load, manager(Watcher(events)), gate, lambda models: events.append("woken"))


def test_models_are_loaded_once_on_first_use(linear_models: Any, manager: Any, gate: Any, events: Any) -> None:
    def load() -> Any:
        events.append("read")
        return linear_models()

    host = host_of(load, manager, gate, events)
    assert not host.loaded
    got: List[Any] = []
    threads = [threading.Thread(target=lambda: got.append(host.get())) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(WAIT)
    assert len({id(models) for models in got}) == 1
    assert len(got) == 6
    assert events == ["read", "loaded", "woken"]


def test_reloading_carries_the_weights_over_even_of_what_plugins_take_out(
    linear_models: Any, manager: Any, gate: Any, events: Any
) -> None:
    import torch

    host = host_of(linear_models, manager, gate, events)
    first = host.get()
    with torch.no_grad():
        first.trainables["own"].module.weight.fill_(3.0)
        first.trainables["adapter"].module.weight.fill_(4.0)
    second = host.reload()
    assert second is not first
    assert second.trainables["own"].module.weight.item() == 3.0
    assert second.trainables["adapter"].module.weight[0, 0].item() == 4.0
    assert events == ["loaded", "woken", "unloaded", "loaded", "woken"]


def test_a_reload_that_fails_loses_no_weights(linear_models: Any, manager: Any, gate: Any, events: Any) -> None:
    import torch

    broken: List[bool] = []

    def load() -> Any:
        if broken:
            raise ModelNotFound("no such model")
        return linear_models()

    host = host_of(load, manager, gate, events)
    with torch.no_grad():
        host.get().trainables["adapter"].module.weight.fill_(4.0)
    broken.append(True)
    with pytest.raises(ModelNotFound):
        host.reload()
    assert not host.loaded
    broken.clear()
    assert host.get().trainables["adapter"].module.weight[0, 0].item() == 4.0


def test_unloading_forgets_the_weights(linear_models: Any, manager: Any, gate: Any, events: Any) -> None:
    import torch

    host = host_of(linear_models, manager, gate, events)
    with torch.no_grad():
        host.get().trainables["adapter"].module.weight.fill_(4.0)
    host.unload()
    host.unload()
    assert host.get().trainables["adapter"].module.weight[0, 0].item() == 0.0
    assert events.count("unloaded") == 1


def test_weights_that_do_not_fit_give_the_models_up_again(
    linear_models: Any, manager: Any, gate: Any, events: Any
) -> None:
    def wake(models: Any) -> None:
        raise SOVLError("they do not fit")

    host = ModelHost(linear_models, manager(Watcher(events)), gate, wake)
    with pytest.raises(SOVLError, match="do not fit"):
        host.get()
    assert not host.loaded
    assert events == ["loaded", "unloaded"]


@pytest.mark.parametrize("what", ["reload", "unload"])
def test_models_are_not_given_up_under_a_night(
    linear_models: Any, manager: Any, gate: Any, events: Any, what: str
) -> None:
    host = host_of(linear_models, manager, gate, events)
    models = host.get()
    with gate.hold("a night"), pytest.raises(SOVLError, match="a night is in progress"):
        getattr(host, what)()
    assert host.get() is models


def test_a_plugin_may_ask_for_the_models_while_it_attaches(linear_models: Any, manager: Any, gate: Any) -> None:
    hosts: List[ModelHost] = []
    got: List[Any] = []

    class Asks(Plugin):
        name = "asks"

        @hookimpl
        def on_models_loaded(self, models: Any) -> None:
            got.append(hosts[0].get())

    hosts.append(ModelHost(linear_models, manager(Asks()), gate, lambda models: None))
    assert hosts[0].get() is got[0]


def test_asking_before_there_are_models_is_an_error_and_no_endless_loop(manager: Any, gate: Any) -> None:
    hosts: List[ModelHost] = []
    hosts.append(ModelHost(lambda: hosts[0].get(), manager(), gate, lambda models: None))
    with pytest.raises(RuntimeError, match="while they are being loaded"):
        hosts[0].get()


def test_who_hangs_while_loading_is_not_waited_for_and_comes_too_late(
    linear_models: Any, manager: Any, gate: Any, events: Any
) -> None:
    begun, free = threading.Event(), threading.Event()

    def load() -> Any:
        if not begun.is_set():
            begun.set()
            free.wait(WAIT)
            # As the plugin host does when a plugin comes back.
            gate.take_back()
        return linear_models()

    host = host_of(load, manager, gate, events)
    late: List[Any] = []
    hangs = threading.Thread(target=lambda: late.append(host.get()))
    hangs.start()
    assert begun.wait(WAIT)
    gate.take_from(hangs.ident)
    models = host.get()
    free.set()
    hangs.join(WAIT)
    assert late == [models]
    assert host.get() is models
    assert events == ["loaded", "woken"]


def test_who_hangs_while_attaching_is_not_waited_for_and_attaches_nobody_afterwards(
    linear_models: Any, manager: Any, gate: Any, events: Any
) -> None:
    begun, free = threading.Event(), threading.Event()

    class Hangs(Plugin):
        name = "hangs"

        @hookimpl
        def on_models_loaded(self, models: Any) -> None:
            if not begun.is_set():
                begun.set()
                free.wait(WAIT)
                # As the plugin host does when a plugin comes back.
                gate.take_back()

    hooks = manager(Hangs(), Watcher(events))
    host = ModelHost(linear_models, hooks, gate, lambda models: events.append("woken"))
    late: List[Any] = []
    hangs = threading.Thread(target=lambda: late.append(host.get()))
    hangs.start()
    assert begun.wait(WAIT)
    gate.take_from(hangs.ident)
    models = host.get()
    assert "own" in models.trainables
    assert events == ["unloaded", "loaded", "woken"]
    free.set()
    hangs.join(WAIT)
    assert late == [models]
    assert host.get() is models
    assert events == ["unloaded", "loaded", "woken"]


def test_models_that_were_given_up_under_who_hangs_are_loaded_anew_when_it_is_back(
    linear_models: Any, manager: Any, gate: Any, events: Any
) -> None:
    begun, free = threading.Event(), threading.Event()

    def wake(models: Any) -> None:
        events.append("woken")
        if not begun.is_set():
            begun.set()
            free.wait(WAIT)
            gate.take_back()

    host = ModelHost(linear_models, manager(Watcher(events)), gate, wake)
    late: List[Any] = []
    hangs = threading.Thread(target=lambda: late.append(host.get()))
    hangs.start()
    assert begun.wait(WAIT)
    gate.take_from(hangs.ident)
    host.unload()
    free.set()
    hangs.join(WAIT)
    assert late == [host.get()]
    assert events == ["loaded", "woken", "unloaded", "loaded", "woken"]


def test_nobody_is_handed_models_that_plugins_are_still_attaching_to(
    linear_models: Any, manager: Any, gate: Any, events: Any
) -> None:
    seen: List[List[str]] = []
    others: List[threading.Thread] = []

    def look() -> None:
        host.get()
        seen.append(list(events))

    class Asked(Plugin):
        name = "asked"

        @hookimpl
        def on_models_loaded(self, models: Any) -> None:
            others.append(threading.Thread(target=look))
            others[0].start()
            # Long enough to be handed them, were it not made to wait.
            others[0].join(0.05)

    host = ModelHost(linear_models, manager(Asked()), gate, lambda models: events.append("woken"))
    host.get()
    others[0].join(WAIT)
    assert seen == [["woken"]]
