"""The fixtures, as a plugin's own tests use them."""

from __future__ import annotations

from typing import Any

import pytest

from sovl_core.hookspecs import hookimpl
from sovl_core.plugin import Plugin, PluginSettings, StatusPanel

pytestmark = pytest.mark.no_torch


class Limits(PluginSettings):
    limit: int = 1


class Panel(Plugin):
    name = "panel"
    settings_model = Limits

    @hookimpl
    def on_start(self, context: Any) -> None:
        self.context = context

    @hookimpl
    def on_status(self) -> StatusPanel:
        return StatusPanel("Panel", {"limit": self.context.settings.limit})


def test_a_life_of_a_plugin_with_its_settings(sovl_life: Any) -> None:
    life = sovl_life(Panel, reply="Hello.", plugins__panel__limit=3)
    assert life.status()["panels"] == [{"plugin": "panel", "title": "Panel", "rows": {"limit": 3}}]


def test_the_recorder_hears_every_life_of_the_test(sovl_life: Any, sovl_recorder: Any) -> None:
    sovl_life(Panel, reply="Hello.").generate("Hi")
    assert "on_generate" in sovl_recorder.hooks


def test_the_clock_is_the_lifes(sovl_life: Any, sovl_clock: Any) -> None:
    life = sovl_life(reply="Hello.")
    before = life.tell("One.").created
    sovl_clock.advance(3600)
    assert life.tell("Two.").created == before + 3600


def test_a_life_is_closed_and_opened_again_in_its_folder(sovl_life: Any) -> None:
    sovl_life(reply="Hello.").close()
    life = sovl_life(reply="Hello.", read_only=True)
    assert life.read_only


def test_a_suite_that_names_no_plugin_is_told_so(sovl_workbench: Any, request: Any) -> None:
    from sovl_core.testing.pytest_plugin import sovl_subject

    class TestNothing:
        pass

    function = getattr(sovl_subject, "__wrapped__", None) or sovl_subject.__pytest_wrapped__.obj
    with pytest.raises(pytest.fail.Exception, match="TestNothing names no plugin: give it `plugin = MyPlugin`"):
        function(type("Request", (), {"cls": TestNothing}), sovl_workbench)
