"""A started plugin: real journal, scripted model, a clock and a die that the test sets."""

from __future__ import annotations

import random
from types import SimpleNamespace

import pytest

from sovl_core.events import Reply
from sovl_core.journal import Journal
from sovl_core.system_logging import ThreadSafeLogger
from sovl_core.vitals import Vitals
from sovl_curiosity import CuriosityPlugin, CuriositySettings


class Script:
    """Answers turns: questions from a list, everything else with a set confidence; keeps the turns."""

    def __init__(self):
        self.questions = []
        self.confidence = 0.4
        self.turns = []

    def __call__(self, turn):
        self.turns.append(turn)
        if turn.purpose == "question":
            return Reply(self.questions.pop(0) if self.questions else "I do not know.")
        return Reply("Perhaps.", confidence=self.confidence)

    def count(self, purpose):
        return sum(turn.purpose == purpose for turn in self.turns)


@pytest.fixture
def script():
    return Script()


@pytest.fixture
def journal(tmp_path):
    journal = Journal(tmp_path / "journal.db", clock=lambda: 0.0)
    yield journal
    journal.close()


@pytest.fixture
def context(journal, script, mocker):
    mocker.patch("sovl_curiosity.embedding.embed", side_effect=lambda models, text: vector(len(text)))
    mocker.patch("sovl_curiosity.surprise.surprise", return_value=1.0)
    context = SimpleNamespace(
        name="curiosity",
        settings=CuriositySettings(eruption_chance=1.0, wake_up=False),
        journal=journal,
        logger=ThreadSafeLogger(),
        hooks=mocker.Mock(),
        models=mocker.Mock(),
        models_loaded=lambda: True,
        generate=script,
        vitals=Vitals(),
        rng=random.Random(0),
        now=1000.0,
    )
    context.clock = lambda: context.now
    return context


@pytest.fixture
def plugin(context):
    started = CuriosityPlugin()
    started.on_start(context)
    return started


def vector(seed):
    import torch

    return torch.randn(8, generator=torch.Generator().manual_seed(seed))
