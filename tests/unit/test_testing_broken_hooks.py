"""A plugin that raises is named, and the rest of it has to be able to clean up."""

from __future__ import annotations

from typing import Any, Generator, List, Type

import pytest

from sovl_core.hookspecs import hookimpl
from sovl_core.plugin import Plugin
from sovl_core.testing.broken_hooks import complaints_when_raising
from sovl_core.testing.workbench import Workbench


class Tidy(Plugin):
    name = "tidy"
    requires = ("something",)

    def __init__(self) -> None:
        self.handles: List[Any] = []

    @hookimpl
    def on_start(self, context: Any) -> None:
        self.context = context

    @hookimpl
    def on_models_loaded(self, models: Any) -> None:
        self.handles.append(models.base.register_forward_hook(lambda *_: None))

    @hookimpl
    def on_models_unloaded(self, models: Any) -> None:
        for handle in self.handles:
            handle.remove()

    @hookimpl(wrapper=True)
    def on_generate(self, turn: Any) -> Generator[None, Any, Any]:
        return (yield)

    @hookimpl
    def on_save_state(self, state: Any) -> None:
        pass

    @hookimpl
    def on_load_state(self, state: Any) -> None:
        pass

    @hookimpl
    def on_stop(self) -> None:
        assert self.context.settings is not None


class Sticky(Tidy):
    name = "sticky"

    @hookimpl
    def on_models_unloaded(self, models: Any) -> None:
        pass


class Careless(Tidy):
    """Cannot be stopped unless it has answered."""

    name = "careless"

    @hookimpl(wrapper=True)
    def on_generate(self, turn: Any) -> Generator[None, Any, Any]:
        self.answered = True
        return (yield)

    @hookimpl
    def on_stop(self) -> None:
        assert self.answered


def _complaints(plugin: Type[Plugin], bench: Workbench) -> List[str]:
    with bench.open() as life:
        return complaints_when_raising(plugin, life.plugins.make_context, life.models(), {})


@pytest.fixture
def bench(sovl_workbench: Any) -> Workbench:
    return sovl_workbench("llama")


def test_a_plugin_that_cleans_up_gives_no_reason_to_complain(bench: Workbench) -> None:
    assert _complaints(Tidy, bench) == []


def test_what_stays_in_the_model_is_found(bench: Workbench) -> None:
    found = _complaints(Sticky, bench)
    assert (
        "after on_generate raised, something is left in the model: its module itself has hooks: 1, and had 0" in found
    )


def test_stopping_that_fails_after_a_failure_is_found(bench: Workbench) -> None:
    found = _complaints(Careless, bench)
    assert any(complaint.startswith("after on_generate raised, on_stop failed: AttributeError") for complaint in found)
