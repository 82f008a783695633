"""A short life in a fresh environment, started by ``test_install``: prints what came of it as JSON.

``installed_life.py MODEL FOLDER [PLUGIN,PLUGIN...]...`` lives one life for each list of plugins ("all" for every
installed one, "none" for no plugin); whatever goes wrong other than as a message for people ends in a traceback.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any, Dict, List, Optional

import sovl_core
from sovl_core.error_handling import SOVLError
from sovl_core.system import SOVLSystem

FACTS = ["My dog is called Biscuit.", "I was born in Oslo."]
SMALL = {
    "core.device": "cpu",
    "core.scaffold_model": "base[:2]",
    "generation.max_new_tokens": 4,
    "generation.greedy": True,
}
# What a night costs, where somebody knows how to sleep.
SMALL_NIGHT = {
    "gestation": {"dreams_per_memory": 3, "background": 2, "least_steps": 2, "most_steps": 2, "judged_memories": 1},
    "dream": {"sampled_background": 0, "background_tokens": 4},
}
# What a base is practised with costs as much as all the rest, and is the same whoever else is there: the life with
# every plugin goes through it for all.
WITHOUT_PRACTICE = {"cross_attention": {"answer_probe": False}}


def open_life(model: str, folder: Path, plugins: Optional[List[str]], warnings: List[str]) -> SOVLSystem:
    """Open the life with exactly these plugins; None for every installed one."""
    from importlib.metadata import distributions

    installed = {entry.name for found in distributions() for entry in found.entry_points if entry.group == "sovl"}
    on = installed if plugins is None else set(plugins) & installed
    settings = {**SMALL, "core.base_model": model}
    small = SMALL_NIGHT if plugins is None else {**SMALL_NIGHT, **WITHOUT_PRACTICE}
    settings.update({f"plugins.{name}.{key}": value for name in on for key, value in small.get(name, {}).items()})
    return SOVLSystem.open(folder, overrides=settings, plugins=plugins, environ={}, strict=True, warn=warnings.append)


def live(model: str, folder: Path, plugins: Optional[List[str]]) -> Dict[str, Any]:
    """Ask, tell, sleep, close, open again; return what can be seen of it."""
    warnings: List[str] = []
    with open_life(model, folder, plugins, warnings) as life:
        seen: Dict[str, Any] = {"on": sorted(info.name for info in life.plugins.infos() if info.enabled)}
        seen["reply"] = life.generate("What is my dog called?").text
        for fact in FACTS:
            life.tell(fact)
        seen["status"] = len(json.dumps(life.status()))
        try:
            report = life.sleep()
            seen["night"] = {"status": report.status, "reason": report.reason, "steps": report.steps, **report.metrics}
        except SOVLError as error:
            seen["refused"] = str(error)
    with open_life(model, folder, plugins, warnings) as life:
        seen["told"] = [episode.prompt for episode in life.journal.episodes()]
        seen["nights"] = {night.number: night.status for night in life.journal.nights()}
        seen["reply again"] = life.generate("What is my dog called?", use_scaffold=False).text
    return {**seen, "warnings": warnings}


def main(model: str, folder: str, *selections: str) -> None:
    """Live every life that was asked for."""
    chosen = {"all": None, "none": ["none"]}
    lives = {
        selection: live(model, Path(folder) / f"life{number}", chosen.get(selection, selection.split(",")))
        for number, selection in enumerate(selections)
    }
    print(json.dumps({"kernel": sovl_core.__file__, "lives": lives}))


if __name__ == "__main__":
    main(*sys.argv[1:])
