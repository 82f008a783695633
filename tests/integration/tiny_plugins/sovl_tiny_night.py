"""A plugin for tests: a night that learns to answer each memory with its last word, with a checkpoint at each step."""

from __future__ import annotations

import json
import os
from typing import Any, List

from pydantic import Field

from sovl_core.events import NightReport, Progress, TrainStep
from sovl_core.hookspecs import hookimpl
from sovl_core.plugin import Plugin, PluginSettings


class TinyNightSettings(PluginSettings):
    steps: int = Field(default=60, ge=1)
    die_at: int = Field(default=-1, description="End the process without a word before this step.")


class TinyNight(Plugin):
    name = "tiny_night"
    after = ("tiny.side",)
    settings_model = TinyNightSettings

    def __init__(self) -> None:
        self.context: Any = None
        self.steps_done: List[int] = []
        self.resumed: List[bool] = []

    @hookimpl
    def on_start(self, context: Any) -> None:
        self.context = context

    @hookimpl
    def on_sleep(self, night: Any) -> NightReport:
        if not night.memories:
            return NightReport("nothing", "there is nothing to learn")
        self.resumed.append(night.resumed)
        from sovl_core.training import optimise, setup_optimizer, train_step

        batch = batch_of(night)
        steps = int(night.options.get("steps", self.context.settings.steps))
        optimizer, schedule = setup_optimizer(night.models, 0.05, 0.0, steps)
        loss = float("nan")
        for index in range(take_up(night), steps):
            night.breathe()
            if index == self.context.settings.die_at:
                os._exit(9)
            step = TrainStep(batch, night.models, index, steps, "night", lambda total: total.backward())
            loss = self.context.hooks.on_train_step(step, train_step).loss
            optimise(night.models, optimizer, schedule, 1.0)
            self.steps_done.append(index)
            put_down(night, index + 1)
            night.progress(Progress("train", index + 1, steps, loss))
        return NightReport("accepted", learned=[memory.id for memory in night.memories], metrics={"loss": loss})


def batch_of(night: Any) -> Any:
    from sovl_core.data_processing import Example, collate, pad_token_id, tokenize_and_map

    tokenizer = night.models.base_tokenizer
    # Every session asks with the same words that were learned: the point is the life around it, not what is learned.
    examples = [Example(memory.prompt, last_word(memory.prompt)) for memory in night.memories]
    return collate(tokenize_and_map(tokenizer, examples), pad_token_id(tokenizer))


def last_word(text: str) -> str:
    return text.rstrip(".").split()[-1]


def put_down(night: Any, step: int) -> None:
    from safetensors.torch import save_file

    save_file(night.models.snapshot()["side"], str(night.folder / "side.safetensors"))
    (night.folder / "step.json").write_text(json.dumps(step))


def take_up(night: Any) -> int:
    from safetensors.torch import load_file

    if not (night.folder / "step.json").exists():
        return 0
    night.models.restore({"side": load_file(str(night.folder / "side.safetensors"))})
    return int(json.loads((night.folder / "step.json").read_text()))
