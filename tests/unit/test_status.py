from __future__ import annotations

import json
from typing import Any

from sovl_core.hookspecs import hookimpl
from sovl_core.model_gate import ModelGate
from sovl_core.model_host import ModelHost
from sovl_core.plugin import Plugin, StatusPanel
from sovl_core.settings import SystemConfig
from sovl_core.status import gather_status
from sovl_core.vitals import Vitals


class Shows(Plugin):
    name = "shows"
    summary = "shows a panel"

    @hookimpl
    def on_status(self) -> StatusPanel:
        return StatusPanel("Mood", {"mood": "calm"})


def status_of(journal: Any, hooks: Any, load: Any, vitals: Any, gate: Any = None, loaded: bool = False) -> Any:
    gate = gate or ModelGate()
    host = ModelHost(load, hooks, gate, lambda models: None)
    if loaded:
        host.get()
    return json.loads(json.dumps(gather_status(SystemConfig(), journal, hooks, host, gate, vitals)))


def test_a_new_life(journal: Any, manager: Any, linear_models: Any) -> None:
    status = status_of(journal, manager(), linear_models, Vitals())
    assert status["models"] == {
        "base": SystemConfig().core.base_model,
        "scaffold": SystemConfig().core.scaffold_model,
        "loaded": False,
        "work": None,
    }
    assert status["journal"] == {"episodes": 0, "unconsolidated": 0}
    nights = {"current": None, "interrupted_or_running": None, "finished": None, "trigger": None}
    assert status["nights"] == {**nights, "forgotten_but_learned": []}
    assert status["vitals"]["life"] is None
    assert status["vitals"]["mean_confidence"] is None


def test_a_life_that_has_slept(journal: Any, manager: Any, linear_models: Any) -> None:
    first, second = journal.begin_episode("one", "c"), journal.begin_episode("two", "c")
    journal.accept_night(journal.open_night(None, "gestation", {}), "accepted", [first.id], {})
    journal.open_night(1, "command", {})
    vitals = Vitals()
    vitals.exposure, vitals.capacity = 50.0, 100.0
    vitals.record_confidence(0.25)
    status = status_of(journal, manager(), linear_models, vitals, loaded=True)
    assert status["journal"] == {"episodes": 2, "unconsolidated": 1}
    assert second.id == 2
    assert (status["nights"]["current"], status["nights"]["interrupted_or_running"]) == (1, 2)
    assert status["nights"]["trigger"] == "gestation"
    assert status["vitals"]["life"] > 0.6
    assert status["vitals"]["mean_confidence"] == 0.25
    assert (status["models"]["device"], status["models"]["trainable_parameters"]) == ("cpu", 4)


def test_each_plugin_has_its_line_its_time_and_its_panel(journal: Any, manager: Any, linear_models: Any) -> None:
    hooks = manager(Shows())
    status_of(journal, hooks, linear_models, Vitals())
    status = status_of(journal, hooks, linear_models, Vitals())
    assert status["plugins"] == [
        {
            "name": "shows",
            "distribution": "test-shows",
            "version": "1",
            "hooks": ["on_status"],
            "enabled": True,
            "reason": "",
            "summary": "shows a panel",
        }
    ]
    assert status["panels"] == [{"plugin": "shows", "title": "Mood", "rows": {"mood": "calm"}}]
    assert status["timings"]["shows"]["on_status"]["calls"] == 1
    assert status["timings"]["shows"]["on_status"]["seconds"] >= 0


def test_work_in_progress_is_named(journal: Any, manager: Any, linear_models: Any) -> None:
    gate = ModelGate()
    with gate.hold("a night"):
        status = status_of(journal, manager(), linear_models, Vitals(), gate)
    assert status["models"]["work"] == "a night"
