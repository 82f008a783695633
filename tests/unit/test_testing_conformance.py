"""The suite as an author derives from it, with settings, a plugin beside it, another model, a day of its own."""

from __future__ import annotations

from typing import Any, ClassVar, List

from sovl_core.events import Feedback
from sovl_core.hookspecs import hookimpl
from sovl_core.plugin import Plugin, PluginSettings, PluginState
from sovl_core.testing import PluginConformance


class Noise(PluginSettings):
    loudness: int
    """Without a default: the suite has to give it."""


class Listener(Plugin):
    name = "listener"
    requires = ("noise",)
    settings_model = Noise
    heard: ClassVar[List[float]] = []

    @hookimpl
    def on_start(self, context: Any) -> None:
        self.context = context

    @hookimpl
    def on_feedback(self, feedback: Feedback) -> None:
        self.heard.append(feedback.value * self.context.settings.loudness)

    @hookimpl
    def on_save_state(self, state: PluginState) -> None:
        state.values["loudness"] = self.context.settings.loudness

    @hookimpl
    def on_load_state(self, state: PluginState) -> None:
        pass


class Speaker(Plugin):
    name = "speaker"
    provides = ("noise",)


class TestListener(PluginConformance):
    plugin = Listener
    settings = {"loudness": 3}
    beside = (Speaker,)
    family = "gpt2"

    @staticmethod
    def live(life: Any) -> None:
        assert life.models().base.config.model_type == "gpt2"
        life.feedback(Feedback("rating", 2.0))

    def test_its_own_day_was_lived(self, sovl_subject: Any) -> None:
        assert sovl_subject.seen.failures == []
        assert Listener.heard == [6.0]
