"""Run by test_in_processes.py under ``accelerate launch``: trains a little, writes down what this process ends up with.

Arguments: folder of a tiny model, folder for the result.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from sovl_core.data_processing import Example
from sovl_core.events import StepResult
from sovl_core.hookspecs import hookimpl
from sovl_core.models import Models
from sovl_core.plugin import Plugin
from sovl_core.plugin_manager import PluginManager
from sovl_core.system_config import load_config
from sovl_core.training import run_training_cycle

RANK = os.environ.get("RANK", "0")


class SkipsSome(Plugin):
    """In the second process one batch is skipped: the first must not wait for it for ever."""

    name = "skips_some"

    @hookimpl(wrapper=True)
    def on_train_step(self, step: Any) -> Any:
        if RANK == "1" and step.phase == "train" and step.index == 1:
            return StepResult.skip("not here")
        return (yield)


def main(model: str, result: str) -> None:
    models = Models(AutoModelForCausalLM.from_pretrained(model), AutoTokenizer.from_pretrained(model))
    push = torch.nn.Linear(32, 32, bias=False)
    # Each process begins with weights of its own: the first one's are what all of them train.
    torch.nn.init.constant_(push.weight, 0.001 * int(RANK))
    models.register_trainable("push", push)
    models.base.base_model.layers[-1].register_forward_hook(
        lambda module, args, output: output + push(output) if models.scaffold_enabled else output
    )
    hooks = PluginManager(None, distributions=lambda: ())
    hooks.register(SkipsSome(), distribution="test", version="1")
    config = load_config(None)
    config.training.accumulation = 1
    examples = [Example(f"question {n}", f"answer {n}" + " and more" * (n % 3)) for n in range(14)]
    report = run_training_cycle(models, examples, config, hooks, epochs=2)
    torch.save(push.weight.detach(), str(Path(result) / f"{RANK}.pt"))
    told = {"steps": report.steps, "validation": report.validation, "skipped": report.skipped, "tokens": report.tokens}
    (Path(result) / f"{RANK}.json").write_text(json.dumps(told), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
