"""A clock that goes backwards: between sessions, within one, and in the middle of a night."""

from __future__ import annotations

import json
from pathlib import Path
from typing import List

import pytest

from sovl_core.events import Idle
from sovl_core.system import SOVLSystem
from torture.places import begin_life

pytest.importorskip("resource", reason="the settings of torture belong to systems that fork")

DAY = 86400.0
FACTS = ["My dog is called Biscuit.", "My sister lives in Oslo.", "I work as a baker."]


class Backwards:
    """A clock that goes back by a day whenever somebody looks, to long before the first computer."""

    def __init__(self) -> None:
        self.now = 1.9e9

    def __call__(self) -> float:
        self.now -= DAY
        return self.now


def test_a_life_goes_on_in_the_order_in_which_it_was_lived(tmp_path: Path, tiny_base: Path) -> None:
    life = tmp_path / "life"
    begin_life(life, tiny_base)
    clock = Backwards()
    warnings: List[str] = []
    for fact in FACTS:
        with SOVLSystem.open(life, environ={}, strict=True, clock=clock, warn=warnings.append) as system:
            system.generate(fact)
            system.idle(Idle(600.0, system.conversation, fact))
    with SOVLSystem.open(life, environ={}, strict=True, clock=clock, warn=warnings.append) as system:
        report = system.sleep()
        assert report.status == "accepted"
        assert sorted(report.learned) == [1, 2, 3]
        assert system.generate("What is my dog called?").token_ids
        json.dumps(system.status())
        assert [episode.prompt for episode in reversed(system.journal.episodes())][:3] == FACTS
        night = system.journal.night(1)
        assert night.finished < night.started
        assert system.journal.count_unconsolidated() <= 1
    assert warnings == []
