"""Lives one night in a process of its own; its only argument is JSON: see ``test_interruption.py``."""

from __future__ import annotations

import json
import os
import signal
import sys

from sovl_core.events import NightInterrupted
from sovl_core.system import SOVLSystem

given = json.loads(sys.argv[1])
NIGHT = {
    "gestation": {
        "dreams_per_memory": 6,
        "background": 8,
        "batch_answers": 4,
        "batch_background": 2,
        "least_steps": 12,
        "most_steps": 12,
        "checkpoint_steps": 3,
        "known_probability": 1.0,
        "least_recall": 0.0,
        "drift_budget": 100.0,
        "judged_memories": 1,
    },
    "dream": {"sampled_background": 0.0, "background_tokens": 4, "cues": 2, "reverse": 1, "contrast": 1.0},
}
settings = {"core.base_model": given["base"], "core.scaffold_model": "base[:2]", "core.device": "cpu"}
settings.update({f"plugins.{name}.{key}": value for name, table in NIGHT.items() for key, value in table.items()})
reached = []


def progress(at):
    if given["stop"] and (at.stage, at.step) == ("train", given["step"]):
        if given["stop"] == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        reached.append(at)


def breathe():
    if reached:
        raise NightInterrupted("enough")


system = SOVLSystem.open(given["life"], overrides=settings, plugins=given["plugins"], strict=True, environ={})
if given["stop"] == "told":
    for said in ("My dog is called Biscuit.", "I live in Graz."):
        system.tell(said)
else:
    try:
        assert system.sleep(progress=progress, breathe=breathe).status == "accepted"
        assert not given["stop"]
    except NightInterrupted:
        pass
system.close()
