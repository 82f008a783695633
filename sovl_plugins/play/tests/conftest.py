"""A started plugin: real journal, a model that answers by script."""

from __future__ import annotations

import random
from types import SimpleNamespace

import pytest

from sovl_core.events import Reply
from sovl_core.journal import Journal
from sovl_core.vitals import Vitals
from sovl_play import PlayPlugin, PlaySettings


class Script:
    """Answers turns with its texts, one after another, the last again and again; keeps the turns."""

    def __init__(self):
        self.texts = ["Perhaps."]
        self.turns = []

    def __call__(self, turn):
        self.turns.append(turn)
        return Reply(self.texts.pop(0) if len(self.texts) > 1 else self.texts[0])


@pytest.fixture
def script():
    return Script()


@pytest.fixture
def journal(tmp_path):
    journal = Journal(tmp_path / "journal.db", clock=lambda: 0.0)
    yield journal
    journal.close()


@pytest.fixture
def context(journal, script):
    context = SimpleNamespace(
        name="play",
        settings=PlaySettings(),
        journal=journal,
        generate=script,
        vitals=Vitals(),
        rng=random.Random(0),
        current="c",
        models=lambda: SimpleNamespace(has_scaffold=True),
    )
    context.conversation = lambda: context.current
    context.go_on_with = lambda name: setattr(context, "current", name)
    return context


@pytest.fixture
def run(context):
    """Return ``run(name, *words, **options)``: what the command gives back."""
    plugin = PlayPlugin()
    plugin.on_start(context)
    commands = {command.name: command for command in plugin.on_commands()}
    return lambda name, *words, **options: commands[name].run(list(words), options)


@pytest.fixture
def say(journal):
    """Return ``say(*texts, reply="I see.", conversation="c")``: the user says them; returns the numbers."""

    def say_it(*texts, reply="I see.", conversation="c"):
        numbers = [journal.begin_episode(text, conversation).id for text in texts]
        for number in numbers if reply else ():
            journal.finish_episode(number, reply)
        return numbers

    return say_it
