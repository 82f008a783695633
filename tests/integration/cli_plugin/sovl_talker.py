"""A plugin for tests of the session: answers by script, speaks into silence, sleeps when it is told to."""

from __future__ import annotations

import time
from typing import List, Optional

from sovl_core import Command, Plugin, PluginSettings, hookimpl
from sovl_core.events import Idle, Night, NightReport, Progress, Reply, Turn, Utterance


class TalkerSettings(PluginSettings):
    """``speak``: ask something into the first silence; ``nap``: sleep in the first silence."""

    speak: bool = False
    nap: bool = False


class Talker(Plugin):
    name = "talker"
    summary = "answers by script"
    settings_model = TalkerSettings

    @hookimpl
    def on_start(self, context) -> None:
        self.settings = context.settings
        self.done = False

    @hookimpl
    def on_generate(self, turn: Turn) -> Optional[Reply]:
        words = ["word "] * 10_000 if "story" in turn.prompt else ["You ", "said: ", turn.prompt]
        said: List[str] = []
        for word in words:
            if turn.cancelled():
                break
            said.append(word)
            if turn.on_text is not None:
                turn.on_text(word)
            if len(words) > 3:
                time.sleep(0.01)
        return Reply("".join(said), finish_reason="cancelled" if turn.cancelled() else "stop")

    @hookimpl
    def on_idle(self, idle: Idle) -> Optional[Utterance]:
        if self.done or not idle.may_speak:
            return None
        self.done = True
        if self.settings.nap:
            idle.wants_sleep = "gestation"
        return Utterance("Are you still there?", source="talker") if self.settings.speak else None

    @hookimpl
    def on_sleep(self, night: Night) -> Optional[NightReport]:
        for step in range(1, 41):
            night.progress(Progress("training", step, 40, loss=1.0 / step, seconds_left=(40 - step) / 10))
            time.sleep(0.1)
            night.breathe()
        return NightReport("accepted", learned=[episode.id for episode in night.memories], steps=40)

    @hookimpl
    def on_commands(self) -> List[Command]:
        return [Command("shout", "Shout it.", lambda words, options: " ".join(words).upper())]
